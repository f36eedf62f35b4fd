package frame

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestDialogues plays impatient programs against a slow meter. An answer carries, where no rule looks, what it answers; a
// program that takes one for the answer to anything else has read a wrong value.
func TestDialogues(t *testing.T) {
	for _, guard := range []Guard{Off, On, Strict} {
		t.Run(string(guard), func(t *testing.T) {
			var wrong, right int
			for seed := range uint64(1000) {
				d := newDialogue(seed, guard)
				d.run()
				wrong += d.wrong
				right += d.right
			}
			if guard == Off {
				if wrong == 0 {
					t.Error("not one wrong value without a guard: the meter is too good")
				}
				return
			}
			if wrong > 0 || right < 5000 {
				t.Errorf("%d wrong values, %d right ones", wrong, right)
			}
		})
	}
}

type coming struct {
	at   time.Time
	text string
}

type dialogue struct {
	random *rand.Rand
	strict bool
	l      *Line
	now    time.Time
	coming []coming // from the meter, by time
	sent   int      // requests that reached the meter

	asked        string
	before       int // requests that had reached the meter when it was asked
	buf          []byte
	wrong, right int
}

func newDialogue(seed uint64, guard Guard) *dialogue {
	c := Config{Protocol: "toy", Guard: guard}
	return &dialogue{random: rand.New(rand.NewPCG(seed, 1)), strict: guard == Strict, l: newLine(c, toy{}), now: epoch}
}

// span is a random time up to most.
func (d *dialogue) span(most time.Duration) time.Duration {
	return time.Duration(d.random.Int64N(int64(most)))
}

func (d *dialogue) run() {
	for range 20 {
		d.asked, d.buf, d.before = fmt.Sprintf("<r%d>", d.random.IntN(3)), nil, d.sent
		d.note(d.l.FromProgram([]byte(d.asked), d.now))
		had := d.right + d.wrong
		for until := d.now.Add(200*time.Millisecond + d.span(2*time.Second)); d.step(until) && d.right+d.wrong == had; {
		}
		if d.random.IntN(3) == 0 {
			for until := d.now.Add(d.span(time.Second)); d.step(until); {
			}
		}
	}
}

// step goes to what happens next, unless that is behind until.
func (d *dialogue) step(until time.Time) bool {
	next := d.l.Due()
	comes := len(d.coming) > 0 && (next.IsZero() || d.coming[0].at.Before(next))
	if comes {
		next = d.coming[0].at
	}
	if next.IsZero() || next.After(until) {
		d.now = until
		return false
	}
	if next.After(d.now) {
		d.now = next
	}
	if comes {
		text := d.coming[0].text
		d.coming = d.coming[1:]
		d.note(d.l.FromModem([]byte(text), d.now))
	} else {
		d.note(d.l.Tick(d.now))
	}
	return true
}

func (d *dialogue) note(o Out) {
	for _, b := range o.ToModem {
		d.sent++
		d.answer(fmt.Sprintf("<r=%s/%d>", bytes.Trim(b, "<>"), d.sent))
	}
	for _, b := range o.ToProgram {
		d.buf = append(d.buf, b...)
		d.read()
	}
}

// answer sends text in up to three pieces, the last of which comes within AnswerMax.
func (d *dialogue) answer(text string) {
	at := d.now.Add(50 * time.Millisecond)
	left := DefaultAnswerMax - 60*time.Millisecond
	if d.random.IntN(2) == 0 {
		left = 800 * time.Millisecond
	}
	for len(text) > 0 {
		n := 1 + d.random.IntN(len(text))
		if d.random.IntN(3) == 0 || left < time.Second {
			n = len(text)
		}
		wait := d.span(left)
		left -= wait
		at = at.Add(wait)
		i := len(d.coming)
		for i > 0 && d.coming[i-1].at.After(at) {
			at = d.coming[i-1].at // one line, one order
		}
		d.coming = append(d.coming, coming{at, text[:n]})
		text = text[n:]
	}
}

// read looks for an answer in what the program has got since it asked.
func (d *dialogue) read() {
	i := bytes.IndexByte(d.buf, '<')
	j := bytes.IndexByte(d.buf, '>')
	if i < 0 || j < i {
		return
	}
	var of, nth int
	_, err := fmt.Sscanf(string(d.buf[i:j+1]), "<r=r%d/%d>", &of, &nth)
	switch {
	case err != nil:
	case fmt.Sprintf("<r%d>", of) != d.asked, d.strict && nth <= d.before:
		d.wrong++
	default:
		d.right++
	}
	d.buf = nil
}
