package frame

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// model is the guard as its rules say it, for whole requests and answers that nothing tells apart, of programs that come and go.
// It knows neither bytes nor pieces; the Line is held against it.
type model struct {
	strict bool
	now    time.Duration
	log    []string

	open   bool          // an answer is outstanding
	text   string        // the request that it is for
	since  time.Duration // when that was sent
	nobody bool          // whoever asked has gone
	wait   string        // the request that waits; empty: none
	repeat bool          // it is the one under way once more
	orphan bool          // whoever wrote it has gone
	left   time.Duration // when the last program left; below 0: there is one
}

func (m *model) say(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf("%v ", m.now)+fmt.Sprintf(format, args...))
}

// until lets time pass.
func (m *model) until(at time.Duration) {
	if free := m.since + DefaultAnswerMax; m.wait != "" && m.open && free <= at {
		m.now = max(m.now, free)
		m.absent(m.now)
		m.release()
	}
	m.now = at
	m.absent(at)
}

// absent gives up what is outstanding two seconds after the last program has left.
func (m *model) absent(at time.Duration) {
	if m.left >= 0 && at-m.left >= returnWithin {
		m.abandon()
	}
}

func (m *model) release() {
	text, repeat, orphan := m.wait, m.repeat, m.orphan
	m.wait = ""
	switch {
	case text == "":
	case repeat && orphan:
		m.say("drop %s", text)
	default:
		m.send(text, orphan)
	}
}

func (m *model) send(text string, nobody bool) {
	m.open, m.text, m.since, m.nobody = true, text, m.now, nobody
	m.say("modem %s", text)
}

func (m *model) write(text string) {
	m.left = -1
	if !m.open || m.now >= m.since+DefaultAnswerMax {
		m.send(text, false)
		return
	}
	if m.wait != "" {
		m.say("drop %s", m.wait)
	}
	m.wait, m.repeat, m.orphan = text, text == m.text && !m.strict && !m.nobody, false
}

func (m *model) answer(text string) {
	late := m.nobody || m.wait != "" && !m.repeat || m.left >= 0
	switch {
	case !m.open:
		m.say("drop %s", text)
		return
	case late:
		m.say("drop %s", text)
	case m.wait != "":
		m.say("drop %s", m.wait)
		m.wait = ""
		m.say("program %s", text)
	default:
		m.say("program %s", text)
	}
	m.open = false
	m.release()
}

func (m *model) abandon() { m.nobody, m.orphan = m.open, true }

func (m *model) leave() {
	if m.left < 0 {
		m.left = m.now
	}
	if m.wait != "" && m.repeat {
		m.abandon()
	}
}

// modelled is the Line's log in the model's words.
func modelled(log []string) []string {
	var all []string
	for _, s := range log {
		at, rest, _ := strings.Cut(s, " ")
		d, _ := time.ParseDuration(at)
		verb, text, _ := strings.Cut(rest, " ")
		if _, dropped, ok := strings.Cut(rest, ": "); ok {
			verb, text = "drop", dropped
		}
		all = append(all, fmt.Sprintf("%v %s %s", d, verb, text))
	}
	return all
}

// TestModel plays the same to the guard and to the model of it.
func TestModel(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 11))
		guard := []Guard{On, Strict}[seed%2]
		m, r := &model{strict: guard == Strict, left: -1}, newRig(Config{Guard: guard})
		var script []string
		at := time.Duration(0)
		for n := range 40 {
			at += time.Duration(1+random.IntN(1500)) * time.Millisecond
			verb, text := "write", fmt.Sprintf("<r%d>", random.IntN(3))
			switch random.IntN(12) {
			case 0, 1, 2, 3, 4:
				verb, text = "come", fmt.Sprintf("<r=%d>", n)
			case 5:
				verb, text = "abandon", ""
			case 6:
				verb, text = "leave", ""
			case 7:
				verb, text = "open", ""
			}
			script = append(script, fmt.Sprint(at, " ", verb, " ", text))
			r.until(at)
			m.until(at)
			r.do(verb, text)
			switch verb {
			case "write":
				m.write(text)
			case "come":
				m.answer(text)
			case "abandon":
				m.abandon()
			case "leave":
				m.leave()
			case "open":
				m.left = -1
			}
			got, want := modelled(r.log), m.log
			slices.Sort(got) // what happens at one time has no order here
			want = slices.Sorted(slices.Values(want))
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, %s:\n%s\nThe guard:\n%s\nThe model:\n%s", seed, guard, strings.Join(script, "\n"),
					strings.Join(r.log, "\n"), strings.Join(m.log, "\n"))
			}
		}
	}
}
