package frame

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestChaos plays impatient programs against slow meters, in virtual time: requests and answers in pieces, late, lost, echoed,
// woken, repeated, given up; programs that leave and come back, other programs, new sessions. Each request says which it is, and
// so does its answer, where no rule looks. From the first byte of a request its program may be given nothing but the answer to
// that request, with the echo in front of it; and where nothing else was outstanding it must be given all of it.
//
// METERLINE_CHAOS=10m plays for so long for each protocol. METERLINE_CHAOS_SEED begins elsewhere, or plays the seed of a failure again.
func TestChaos(t *testing.T) {
	length, seed := chaosLength(t)
	for _, kind := range chaosKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			begun, ops, answered, right, faults := time.Now(), 0, 0, 0, 0
			for n := uint64(0); n < 24 || time.Since(begun) < length; n++ {
				w := newChaos(kind, seed+n)
				w.run(300)
				ops, answered, right = ops+w.ops, answered+w.answered, right+w.clean
				if w.fault != "" {
					t.Errorf("METERLINE_CHAOS_SEED=%d: %s\n%s", seed+n, w.fault, bytes.Join(lastOf(w.log, 44), []byte("\n")))
					if faults++; faults == 10 {
						break
					}
				}
			}
			if answered < ops/4 || right < ops/20 {
				t.Errorf("only %d of %d requests were answered, %d had to be", answered, ops, right)
			}
			t.Logf("%d requests, %d answered, %d of which had to be, seed %d", ops, answered, right, seed)
		})
	}
}

// Worlds that have gone wrong once.
func TestChaosAgain(t *testing.T) {
	for seed, name := range map[uint64]string{200006632: "modbus"} { // the rest of a cut message was seen in the front of an odd answer
		for _, kind := range chaosKinds {
			if kind.name != name {
				continue
			}
			w := newChaos(kind, seed)
			w.run(300)
			if w.fault != "" || w.ops == 0 {
				t.Errorf("%s, METERLINE_CHAOS_SEED=%d: %s after %d requests", name, seed, w.fault, w.ops)
			}
		}
	}
}

// chaosSeed is where the worlds begin that are played without a seed: the same ones each time, so that two runs of the same program say
// the same. Whoever looks for more gives another seed.
const chaosSeed = uint64(80_000_000)

func chaosLength(t *testing.T) (time.Duration, uint64) {
	length, seed := time.Duration(0), chaosSeed
	if s := os.Getenv("METERLINE_CHAOS"); s != "" {
		var err error
		if length, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	if s := os.Getenv("METERLINE_CHAOS_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return length, seed
}

func lastOf(log [][]byte, n int) [][]byte { return log[max(0, len(log)-n):] }

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

type chaos struct {
	chaosKind
	random   *rand.Rand
	l        *Line
	now      time.Time
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

func newChaos(kind chaosKind, seed uint64) *chaos {
	random := rand.New(rand.NewPCG(seed, 7))
	c := kind.cfg
	c.Guard = []Guard{On, On, Strict}[random.IntN(3)]
	w := &chaos{chaosKind: kind, random: random, now: epoch, open: true, echoes: random.IntN(3) == 0}
	if w.echoes && random.IntN(2) == 0 {
		c.Echo = EchoDrop
	}
	w.l = NewLine(c)
	w.note("%s, echo %v %s", c.Guard, w.echoes, c.Echo)
	return w
}

func (w *chaos) note(format string, args ...any) {
	w.log = append(w.log, fmt.Appendf(nil, "%8v "+format, append([]any{w.now.Sub(epoch).Round(ms)}, args...)...))
	if len(w.log) > 4000 {
		w.log = slices.Clone(w.log[2000:])
	}
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
	if w.chance(3) {
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
			if w.chance(2) {
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
