package frame

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// toy is a protocol of messages <…>. The first letter is a function: an answer must have its request's. A request with #n
// is answered with #n; one that begins with ! has no answer. From a meter, {…} is a long answer, <*…> comes on its own, and
// an answer that ends +> has more to come, one that
// ends &> may have, and one with ? behind its function is unlike any. No message has a ~ in it: one shows that its front was none.
type toy struct{}

func toyExtent(p []byte, open, end byte) extent {
	if p[0] != open {
		return extent{n: 1, foreign: true}
	}
	i := bytes.IndexByte(p, end)
	if j := bytes.IndexByte(p, '~'); j >= 0 && (i < 0 || j < i) {
		return extent{n: 1, foreign: true}
	}
	return extent{n: i + 1, stream: open == '{'}
}

func (toy) request(p []byte) extent { return toyExtent(p, '<', '>') }

func (toy) answer(p, _ []byte) extent {
	if p[0] == '{' {
		return toyExtent(p, '{', '}')
	}
	return toyExtent(p, '<', '>')
}

func (toy) expect(q []byte) expectation {
	switch {
	case q[1] == '!':
		return unanswered
	case bytes.Contains(q, []byte("#")):
		return numbered
	}
	return anonymous
}

func (toy) judge(a, q []byte, _ int) judgement {
	number := func(b []byte) []byte {
		_, n, _ := bytes.Cut(b, []byte("#"))
		return n
	}
	switch {
	case a[1] == '*':
		return onItsOwn
	case len(q) == 0 || a[1] != q[1] || !bytes.Equal(number(a), number(q)):
		return rejected
	case len(a) > 2 && a[2] == '?':
		return unlike
	case bytes.HasSuffix(a, []byte("&>")):
		return partOrAll
	case bytes.HasSuffix(a, []byte("+>")):
		return partOf
	}
	return answered
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// rig drives a Line by a script and writes down what it does, honouring Due.
type rig struct {
	l   *Line
	at  time.Duration
	log []string
}

func newRig(c Config) *rig {
	var r rule
	if c.Protocol == "" {
		c.Protocol = "toy"
	}
	if c.Protocol.bounded() {
		r = toy{}
	}
	return &rig{l: newLine(c, r)}
}

func (r *rig) now() time.Time { return epoch.Add(r.at) }

// clock is the time as scripts write it.
func (r *rig) clock() string { return strconv.FormatFloat(r.at.Seconds(), 'g', 10, 64) + "s" }

func (r *rig) note(o Out) {
	for _, d := range o.Drops {
		to := "program"
		if d.ToModem {
			to = "modem"
		}
		r.log = append(r.log, fmt.Sprintf("%v drop to %s, %s: %s", r.clock(), to, d.Reason, d.Bytes))
	}
	for _, b := range o.ToModem {
		r.log = append(r.log, fmt.Sprintf("%v modem %s", r.clock(), b))
	}
	for _, b := range o.ToProgram {
		r.log = append(r.log, fmt.Sprintf("%v program %s", r.clock(), b))
	}
}

// until lets time pass.
func (r *rig) until(at time.Duration) {
	for range 100_000 {
		due := r.l.Due()
		if due.IsZero() || due.After(epoch.Add(at)) {
			r.at = at
			return
		}
		r.at = max(r.at, due.Sub(epoch))
		r.note(r.l.Tick(r.now()))
		if again := r.l.Due(); !again.IsZero() && !again.After(r.now()) {
			panic("what is due stays due")
		}
	}
	panic("ticks without end")
}

func (r *rig) do(verb, text string) {
	if s, err := strconv.Unquote(`"` + text + `"`); err == nil {
		text = s
	}
	switch verb {
	case "write":
		b := []byte(text)
		r.note(r.l.FromProgram(b, r.now()))
		clear(b)
	case "come":
		b := []byte(text)
		r.note(r.l.FromModem(b, r.now()))
		clear(b)
	case "abandon":
		r.l.Abandon()
	case "leave":
		r.l.Leave(r.now())
	case "open":
		r.l.Open(r.now())
	case "withdraw":
		r.note(r.l.Withdraw("withdrawn"))
	case "end":
		r.note(r.l.End(r.now()))
	case "lose":
		r.l.Lost(r.l.Unfinished([]byte(text)), r.now())
	case "waiting":
		r.log = append(r.log, fmt.Sprintf("%v waiting %d", r.clock(), r.l.Waiting()))
	case "due":
	default:
		panic(verb)
	}
}

// play plays a script of lines "time verb text" and gives the log.
func (r *rig) play(script string) string {
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		at, rest, _ := strings.Cut(line, " ")
		verb, text, _ := strings.Cut(rest, " ")
		d, err := time.ParseDuration(at)
		if err != nil {
			panic(err)
		}
		r.until(d)
		r.do(verb, text)
	}
	r.until(r.at + time.Hour)
	return strings.Join(r.log, "\n")
}

type scene struct {
	name   string
	cfg    Config
	script string
	want   string
}

func runScenes(t *testing.T, scenes []scene) {
	t.Helper()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			var want []string
			for line := range strings.Lines(s.want) {
				if line = strings.TrimSpace(line); line != "" {
					want = append(want, line)
				}
			}
			if got := newRig(s.cfg).play(s.script); got != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
			}
		})
	}
}
