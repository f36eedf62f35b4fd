package hayes

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// start is when tests begin.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// TestDialogues plays the scripts of testdata/dialogues: whole, and with every piece cut into bytes. A new case is a new
// file. Its lines, in which \r, \n and \x00 stand for bytes:
//
//	preset NAME    the modem's configuration (tolerant without)
//	> BYTES        the program writes
//	< BYTES        the program must have got exactly this since the last line that is not one of < ) =
//	( BYTES        the far modem sends
//	) BYTES        the far modem must have got this
//	= ACTION       the modem must have asked for this: dial, dial voice, dial stored, answer, hangup
//	! EVENT        connected, failed RESULT, unknown, lost, ring NUMBER, stopring, opened, dropped, dropped keep, why TEXT
//	wait TIME      time passes; what comes out earlier than the whole of it fails
//	state PHASE    must hold
//
// What comes out and is not claimed by the lines that follow at once fails, so that every byte and every time is checked.
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/dialogues/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(f), ".txt")
		for how, cut := range map[string]bool{"whole": false, "bytes": true} {
			t.Run(name+"/"+how, func(t *testing.T) {
				newRig(t, cut).play(string(text))
			})
		}
	}
}

// rig plays one script.
type rig struct {
	t   *testing.T
	cut bool
	m   *Modem
	now time.Time
	// what came out and is not claimed yet
	dte, line string
	actions   []string
}

func newRig(t *testing.T, cut bool) *rig {
	return &rig{t: t, cut: cut, m: New(Config{}, nil), now: start}
}

func (s *rig) play(script string) {
	for i, l := range strings.Split(script, "\n") {
		l = strings.TrimRight(l, " ")
		if l == "" || l[0] == '#' {
			continue
		}
		word, arg, _ := strings.Cut(l, " ")
		if word != "<" && word != ")" && word != "=" {
			s.clean(i)
		}
		if err := s.step(word, arg); err != nil {
			s.t.Fatalf("line %d, %q: %v", i+1, l, err)
		}
	}
	s.clean(strings.Count(script, "\n"))
}

// clean fails if anything came out that no line claimed.
func (s *rig) clean(line int) {
	s.t.Helper()
	if s.dte != "" || s.line != "" || len(s.actions) > 0 {
		s.t.Fatalf("before line %d: not claimed: to the program %q, to the line %q, %v", line+1, s.dte, s.line, s.actions)
	}
}

func (s *rig) step(word, arg string) error {
	switch word {
	case "preset":
		c, err := Preset(arg)
		s.m = New(c, nil)
		return err
	case ">", "(":
		s.feed(word, unquote(arg))
	case "<":
		return claim(&s.dte, unquote(arg))
	case ")":
		return claim(&s.line, unquote(arg))
	case "=":
		if len(s.actions) == 0 || s.actions[0] != arg {
			return fmt.Errorf("actions are %q", s.actions)
		}
		s.actions = s.actions[1:]
	case "!":
		return s.event(arg)
	case "wait":
		d, err := time.ParseDuration(arg)
		s.wait(d)
		return err
	case "state":
		if got := s.m.State().Phase.String(); got != arg {
			return fmt.Errorf("it is %s", got)
		}
	default:
		return fmt.Errorf("unknown word %q", word)
	}
	return nil
}

func (s *rig) feed(word, p string) {
	give := s.m.FromDTE
	if word == "(" {
		give = s.m.FromLine
	}
	if !s.cut {
		s.took(give([]byte(p), s.now))
		return
	}
	for i := range len(p) {
		s.took(give([]byte{p[i]}, s.now))
	}
}

// wait lets time pass to its end, by the modem's own timer. What comes before the end must be claimed by a wait of its own.
func (s *rig) wait(d time.Duration) {
	end := s.now.Add(d)
	for due := s.m.Due(); !due.IsZero() && !due.After(end); due = s.m.Due() {
		s.now = due
		s.took(s.m.Tick(due))
		if due.Before(end) {
			s.clean(-1)
		}
	}
	s.now = end
	s.took(s.m.Tick(end))
}

func (s *rig) event(what string) error {
	word, arg, _ := strings.Cut(what, " ")
	switch word {
	case "connected":
		s.took(s.m.Connected(s.now))
	case "failed":
		for r, text := range verbose {
			if text == arg {
				s.took(s.m.Failed(r, s.now))
				return nil
			}
		}
		return fmt.Errorf("no result %q", arg)
	case "lost":
		s.took(s.m.CarrierLost(s.now))
	case "ring":
		s.took(s.m.Ring(arg, s.now))
	case "stopring":
		s.took(s.m.StopRing(s.now))
	case "opened":
		s.took(s.m.Opened(s.now))
	case "dropped":
		s.took(s.m.Dropped(s.now, arg != "keep"))
	case "unknown":
		s.took(s.m.UnknownNumber(s.now))
	case "why":
		s.m.Why(arg)
	default:
		return fmt.Errorf("unknown event %q", word)
	}
	return nil
}

func (s *rig) took(o Out) {
	for _, p := range o.ToDTE {
		s.dte += string(p)
	}
	for _, p := range o.ToLine {
		s.line += string(p)
	}
	for _, a := range o.Actions {
		s.actions = append(s.actions, describe(a))
	}
}

func describe(a Action) string {
	switch a := a.(type) {
	case Dial:
		words := "dial"
		if a.Voice {
			words += " voice"
		}
		if a.Stored {
			words += " stored"
		}
		if a.Raw != a.Number {
			return words + " " + a.Number + " (" + a.Raw + ")"
		}
		return words + " " + a.Number
	case Answer:
		return "answer"
	case HangUp:
		return "hangup"
	}
	return "?"
}

func claim(have *string, want string) error {
	rest, found := strings.CutPrefix(*have, want)
	if !found {
		return fmt.Errorf("there is %q", *have)
	}
	*have = rest
	return nil
}

func unquote(s string) string {
	u, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	if err != nil {
		panic(err)
	}
	return u
}
