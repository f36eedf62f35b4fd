package frame

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// chaosRequest is a request as its program means it.
type chaosRequest struct {
	text   []byte
	answer func() [][]byte // the messages of the answer
}

// chaosKind is a protocol, and how its requests are made.
type chaosKind struct {
	name string
	cfg  Config
	wake []byte // what may stand in front of a request
	next func(w *chaos) chaosRequest
	mute bool // nothing is echoed: the meter is at the other end of the connection, without a serial line between
}

// outstanding is a request on its way, as the meter knows it.
type outstanding struct {
	until time.Time // when it is not outstanding any more
}

type arrival struct {
	at   time.Time
	b    []byte
	last bool // of an answer
}

// How many times as often sessions end, programs leave and requests are given up as in a calm world. In a wild one hardly any answer
// had to come.
const (
	calm = 1
	wild = 5
)

type chaos struct {
	chaosKind
	random   *rand.Rand
	wild     int // calm or wild
	l        *Line
	now      time.Time
	logs     bool // what happens is noted in log; that takes half the time
	log      [][]byte
	fault    string
	echoes   bool
	tag      int
	vs, vr   int // of numbered protocols
	coming   []arrival
	unread   []byte    // what the program has written and a busy machine has not read
	readAt   time.Time // when it does
	meterHas []byte    // what the meter has of a request
	meterAt  time.Time
	sent     []outstanding
	dirty    time.Time // until when what the program wrote besides may be outstanding

	ops, answered, clean int
	asked                chaosRequest
	whole                []byte // what the program writes, what wakes the meter included
	previous             chaosRequest
	got                  []byte
	open                 bool
	done                 bool
	due                  time.Time // when the last of the answer came; zero: it has not
	cut                  bool      // a session has ended while the program was writing
	sure                 bool      // nothing else is outstanding: the answer must be handed over
}

func newChaos(kind chaosKind, seed uint64, wild int) *chaos {
	random := rand.New(rand.NewPCG(seed, 7))
	c := kind.cfg
	c.Guard = []Guard{On, On, Strict}[random.IntN(3)]
	w := &chaos{chaosKind: kind, random: random, wild: wild, now: epoch, open: true, echoes: random.IntN(3) == 0 && !kind.mute}
	if w.echoes && random.IntN(2) == 0 {
		c.Echo = EchoDrop
	}
	w.l = NewLine(c)
	return w
}

func (w *chaos) note(format string, args ...any) {
	if !w.logs {
		return
	}
	w.log = append(w.log, fmt.Appendf(nil, "%8v "+format, append([]any{w.now.Sub(epoch).Round(ms)}, args...)...))
}

func (w *chaos) fail(format string, args ...any) {
	if w.fault == "" {
		w.fault = fmt.Sprintf(format, args...)
		w.note("%s", w.fault)
	}
}

func (w *chaos) span(from, to time.Duration) time.Duration {
	return from + time.Duration(w.random.Int64N(int64(to-from)+1))
}

func (w *chaos) chance(percent int) bool { return w.random.IntN(100) < percent }

// until lets time pass.
func (w *chaos) until(at time.Time) {
	for w.fault == "" {
		next := w.l.Due()
		if len(w.unread) > 0 && (next.IsZero() || w.readAt.Before(next)) {
			next = w.readAt
		}
		comes := len(w.coming) > 0 && (next.IsZero() || !w.coming[0].at.After(next))
		if comes {
			next = w.coming[0].at
		}
		if next.IsZero() || next.After(at) {
			break
		}
		if next.After(w.now) {
			w.now = next
		}
		switch {
		case comes:
		case len(w.unread) > 0 && !w.now.Before(w.readAt):
			w.read()
			continue
		default:
			w.hand(w.l.Tick(w.now))
			continue
		}
		a := w.coming[0]
		w.coming = w.coming[1:]
		w.note("come %q", a.b)
		w.hand(w.l.FromModem(slices.Clone(a.b), w.now))
		if a.last {
			w.due = w.now
		}
	}
	if at.After(w.now) {
		w.now = at
	}
}

// take does what the Line wants done.
func (w *chaos) take(o Out) {
	for _, d := range o.Drops {
		w.note("drop %s %q", d.Reason, d.Bytes)
	}
	for _, b := range o.ToModem {
		w.note("to the modem %q", b)
		w.meter(slices.Clone(b))
	}
	for _, b := range o.ToProgram {
		w.note("to the program %q", b)
		if !w.open {
			continue
		}
		w.got = append(w.got, b...)
		w.check()
	}
}

func (w *chaos) run(ops int) {
	for i := 0; i < ops && w.fault == ""; i++ {
		w.op()
	}
}

// op asks, and waits for the answer or gives up.
func (w *chaos) op() {
	again := w.asked.text != nil && !w.done && w.chance(40)
	if !again {
		w.previous = w.asked
		w.asked = w.next(w)
		w.whole = w.asked.text
		if w.wake != nil && w.chance(30) {
			w.whole = slices.Concat(w.wake, w.asked.text)
		}
	}
	if !w.open {
		w.open = true
		w.l.Open(w.now)
		w.note("open")
	}
	w.ops++
	w.got, w.done, w.cut, w.due = nil, false, w.cut && again, time.Time{}
	w.sure = !again && len(w.unread) == 0 && w.l.Waiting() == 0 && !w.dirty.After(w.now) && !slices.ContainsFunc(w.sent, func(o outstanding) bool { return !o.until.Before(w.now) })
	w.sent = slices.DeleteFunc(w.sent, func(o outstanding) bool { return o.until.Before(w.now) })
	if w.chance(25) {
		w.readAt = w.now.Add(w.span(0, 200*ms))
	}
	w.write(w.whole)
	if w.chance(3 * w.wild) {
		w.returnOnce()
	}
	patience := w.span(20*ms, 1200*ms)
	if w.chance(40) {
		patience = w.span(sec, w.l.cfg.AnswerMax+2*sec)
	}
	for end := w.now.Add(patience); !w.done && w.now.Before(end) && w.fault == ""; {
		w.until(w.now.Add(min(20*ms, end.Sub(w.now))))
	}
	w.judge()
	w.between()
}

// judge looks whether a program that had to get its answer has.
func (w *chaos) judge() {
	if w.sure && !w.due.IsZero() {
		w.clean++
		if !w.done && w.now.Sub(w.due) > ms {
			w.fail("%q was asked, nothing else was outstanding, and of the answer only %q is given", w.whole, w.got)
		}
	}
}

// write writes p, whole or in pieces.
func (w *chaos) write(p []byte) {
	most := 1
	if w.chance(35) {
		most = 1 + w.random.IntN(len(p))
	}
	if w.echoes { // else it leaves in pieces
		most = min(most, 4)
	}
	for len(p) > 0 && w.fault == "" {
		n := len(p)
		if most > 1 {
			n = 1 + w.random.IntN(max(1, len(p)/most*2))
		}
		n = min(n, len(p))
		w.note("write %q", p[:n])
		if w.unread = append(w.unread, p[:n]...); !w.now.Before(w.readAt) {
			w.read()
		}
		if p = p[n:]; len(p) > 0 {
			w.until(w.now.Add(w.span(0, 90*ms)))
			if w.chance(2 * w.wild) {
				p = w.cutRequest(p)
			}
		}
	}
}

// returnOnce closes and opens the port before the answer has begun to come.
func (w *chaos) returnOnce() {
	w.read()
	w.note("leave and open")
	w.l.Leave(w.now)
	w.l.Open(w.now)
	w.sure = w.sure && len(w.got) == 0
}
