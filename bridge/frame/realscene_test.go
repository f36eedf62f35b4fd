package frame

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
)

// step is one thing that happens to a Line of a real protocol, and what it does then, its ticks until the next step included.
type step struct {
	at   time.Duration
	verb string // "write", "come", "leave", "open", "abandon", "end"
	text string // as octets reads it; for IEC 62056-21 plain text
	want []string
}

// dialogueOf plays steps. What the Line does is written "> …" toward the modem, "< …" toward the program, "reason: …" for drops.
func dialogueOf(t *testing.T, c Config, read func(string) []byte, show func([]byte) string, steps []step) *Line {
	t.Helper()
	l := NewLine(c)
	now := epoch
	var log []string
	note := func(o Out) {
		for _, d := range o.Drops {
			log = append(log, d.Reason+": "+show(d.Bytes))
		}
		for _, b := range o.ToModem {
			log = append(log, "> "+show(b))
		}
		for _, b := range o.ToProgram {
			log = append(log, "< "+show(b))
		}
	}
	until := func(at time.Time) {
		for due := l.Due(); !due.IsZero() && !due.After(at); due = l.Due() {
			if due.After(now) {
				now = due
			}
			note(l.Tick(now))
		}
		now = at
	}
	for i, s := range steps {
		until(epoch.Add(s.at))
		switch s.verb {
		case "write":
			note(l.FromProgram(read(s.text), now))
		case "come":
			note(l.FromModem(read(s.text), now))
		case "leave":
			l.Leave(now)
		case "open":
			l.Open(now)
		case "abandon":
			l.Abandon()
		case "end":
			note(l.End(now))
		case "":
		default:
			t.Fatal(s.verb)
		}
		if i+1 < len(steps) {
			until(epoch.Add(steps[i+1].at - 1))
		} else {
			until(now.Add(time.Minute))
		}
		if got, want := strings.Join(log, "\n"), strings.Join(s.want, "\n"); got != want {
			t.Errorf("step %d, at %v, %s %s:\n%s\nwant\n%s", i, s.at, s.verb, s.text, got, want)
		}
		log = nil
	}
	return l
}

func plainText(s string) []byte { return []byte(s) }

func quoted(b []byte) string { return strings.Trim(fmt.Sprintf("%q", b), `"`) }

func hexText(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// iecPlay is dialogueOf in plain text.
func iecPlay(t *testing.T, c Config, steps ...step) {
	t.Helper()
	c.Protocol = IEC
	dialogueOf(t, c, plainText, quoted, steps)
}

// hexPlay is dialogueOf in hex, with check sums.
func hexPlay(t *testing.T, c Config, steps ...step) *Line {
	t.Helper()
	for i := range steps {
		for j, w := range steps[i].want {
			lead, text, _ := strings.Cut(w, " ")
			if reason, rest, ok := strings.Cut(w, ": "); ok {
				lead, text = reason+":", rest
			}
			steps[i].want[j] = lead + " " + hexText(octets(t, text))
		}
	}
	return dialogueOf(t, c, func(s string) []byte { return octets(t, s) }, hexText, steps)
}
