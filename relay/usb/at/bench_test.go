package at_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"meterline/relay/simulated"
	"meterline/relay/usb/at"
)

// start is the beginning of time in tests.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// bench joins a driver and a simulated modem by a clock that jumps to whatever is due next.
type bench struct {
	t      *testing.T
	d      *at.Driver
	m      *simulated.ATModem
	now    time.Time
	dcd    bool // the port tells DCD
	single bool // bytes go to the driver one by one

	sent    bytes.Buffer // to the modem
	secrets []string
	data    bytes.Buffer
	dropped int
	events  []at.Event
	inbox   []at.Message
	done    *at.Done
}

func newBench(t *testing.T, c at.Config, m *simulated.ATModem) *bench {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, d: at.New(c), m: m, now: start}
}

func (b *bench) take(o at.Out) {
	for _, on := range o.DTR {
		b.m.SetDTR(on, b.now)
	}
	if o.Secret {
		b.secrets = append(b.secrets, string(o.ToModem))
	}
	b.sent.Write(o.ToModem)
	b.m.Feed(o.ToModem, b.now)
	b.data.Write(o.Data)
	b.dropped += o.Dropped
	b.events = append(b.events, o.Events...)
	b.inbox = append(b.inbox, o.Messages...)
	if o.Done != nil {
		if b.done != nil {
			b.t.Fatalf("two ends: %+v, %+v", b.done, o.Done)
		}
		b.done = o.Done
	}
}

// step lets happen what is due now, and moves the clock to what is next; false: nothing is.
func (b *bench) step(until time.Time) bool {
	if p := b.m.Take(b.now); len(p) > 0 {
		if b.single {
			for _, c := range p {
				b.take(b.d.Feed([]byte{c}, b.now))
			}
		} else {
			b.take(b.d.Feed(p, b.now))
		}
	}
	if b.dcd {
		b.take(b.d.Carrier(b.m.Carrier(), b.now))
	}
	next := until
	for _, due := range []time.Time{b.d.Due(), b.m.Due()} {
		if !due.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	if next.IsZero() {
		return false
	}
	if next.After(b.now) {
		b.now = next
	}
	b.take(b.d.Tick(b.now))
	return until.IsZero() || b.now.Before(until)
}

// pass lets d go by.
func (b *bench) pass(d time.Duration) {
	b.t.Helper()
	until := b.now.Add(d)
	for n := 0; b.step(until); n++ {
		if n > 1e6 {
			b.t.Fatal("it never rests")
		}
	}
	b.step(until)
}

// run does an operation to its end.
func (b *bench) run(op at.Op) (at.Result, error) {
	b.t.Helper()
	b.done = nil
	began := b.now
	o, err := b.d.Start(op, b.now)
	if err != nil {
		return at.Result{}, err
	}
	b.take(o)
	return b.finish(op, began)
}

func (b *bench) finish(op at.Op, began time.Time) (at.Result, error) {
	b.t.Helper()
	for b.done == nil {
		if !b.step(time.Time{}) && b.done == nil {
			b.t.Fatalf("%v: nothing is due, and it has not ended", op)
		}
		if b.now.Sub(began) > 10*time.Minute {
			b.t.Fatalf("%v: not ended in %v", op, b.now.Sub(began))
		}
	}
	if b.done.Op != op {
		b.t.Fatalf("%v ended, not %v", b.done.Op, op)
	}
	return b.done.Result, b.done.Err
}

func (b *bench) ready() *bench {
	b.t.Helper()
	if _, err := b.run(at.Init{}); err != nil {
		b.t.Fatal(err)
	}
	return b
}

// write writes to the far end of the call.
func (b *bench) write(s string) { b.m.Feed([]byte(s), b.now) }

func (b *bench) count(e at.EventKind) (n int) {
	for _, have := range b.events {
		if have.Kind == e {
			n++
		}
	}
	return n
}

func (b *bench) said(s string) bool { return strings.Contains(b.sent.String(), s) }
