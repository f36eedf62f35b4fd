package hayestest

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/relay/simulated/meters"
	"meterline/vport/hayes"
)

// rig is an emulated modem on the other end of a wire, with a meter at the number 12 and others who fail in their ways.
type rig struct {
	t     *testing.T
	modem *hayes.Modem
	meter meters.Meter
	conn  net.Conn
	start time.Time

	mu    sync.Mutex
	said  strings.Builder // who wrote what, and when
	later []event
}

// event is something of the outside that happens at its time.
type event struct {
	at time.Time
	do func(now time.Time) hayes.Out
}

// plug starts an emulated modem, and returns the program's end of the wire. It ends when that is closed.
func plug(t *testing.T, c hayes.Config) (*rig, net.Conn) {
	near, far := net.Pipe()
	r := &rig{t: t, modem: hayes.New(c, nil), meter: meters.NewModbus(1), conn: far, start: time.Now()}
	heard, toward := make(chan []byte), make(chan []byte, 1000)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(heard)
		for p := make([]byte, 512); ; {
			n, err := far.Read(p)
			if err != nil {
				return
			}
			heard <- append([]byte(nil), p[:n]...)
		}
	})
	wg.Go(func() {
		defer far.Close()
		for p := range toward {
			far.Write(p) // fails when the program has gone
		}
	})
	wg.Go(func() { r.live(heard, toward) })
	t.Cleanup(func() {
		near.Close()
		wg.Wait()
	})
	return r, near
}

func (r *rig) live(heard, toward chan []byte) {
	defer close(toward)
	for {
		select {
		case p, ok := <-heard:
			if !ok {
				return
			}
			r.note(">", p)
			r.happen(r.modem.FromDTE(p, time.Now()), toward)
		case <-r.due():
			r.tick(toward)
		}
	}
}

// due is when the next thing happens by itself.
func (r *rig) due() <-chan time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.modem.Due()
	for _, e := range r.later {
		if at.IsZero() || e.at.Before(at) {
			at = e.at
		}
	}
	if at.IsZero() {
		return nil
	}
	return time.After(time.Until(at))
}

func (r *rig) tick(toward chan []byte) {
	now := time.Now()
	r.mu.Lock()
	var ripe []event
	rest := r.later[:0:0]
	for _, e := range r.later {
		if e.at.After(now) {
			rest = append(rest, e)
		} else {
			ripe = append(ripe, e)
		}
	}
	r.later = rest
	r.mu.Unlock()
	for _, e := range ripe {
		r.happen(e.do(now), toward)
	}
	r.happen(r.modem.Tick(now), toward)
}

// after lets something happen, d from now.
func (r *rig) after(d time.Duration, do func(now time.Time) hayes.Out) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.later = append(r.later, event{time.Now().Add(d), do})
}

// happen does what an event has brought about. A call takes 5 s to come about.
func (r *rig) happen(out hayes.Out, toward chan []byte) {
	for _, p := range out.ToDTE {
		r.note("<", p)
		toward <- append([]byte(nil), p...)
	}
	for _, p := range out.ToLine {
		r.note("meter", p)
		if answer := r.meter.Feed(p, time.Now()); len(answer) > 0 {
			r.happen(r.modem.FromLine(append([]byte(nil), answer...), time.Now()), toward)
		}
	}
	for _, a := range out.Actions {
		switch a := a.(type) {
		case hayes.Dial:
			r.note("dials", []byte(a.Number))
			r.after(5*time.Second, func(now time.Time) hayes.Out { return r.reach(a.Number, now) })
		case hayes.Answer:
			r.note("answers", nil)
			r.after(5*time.Second, r.modem.Connected)
		case hayes.HangUp:
			r.note("hangs up", nil)
		}
	}
}

func (r *rig) reach(number string, now time.Time) hayes.Out {
	switch number {
	case "12":
		return r.modem.Connected(now)
	case "7":
		return r.modem.Failed(hayes.Busy, now)
	case "8":
		return r.modem.Failed(hayes.NoAnswer, now)
	case "3":
		r.modem.Why("boiler has not called since 12:00")
		return r.modem.Failed(hayes.NoCarrier, now)
	}
	return hayes.Out{} // never
}

// note keeps who did what when, a line each.
func (r *rig) note(who string, p []byte) {
	fmt.Fprintf(&r.said, "%v %s", time.Since(r.start), who)
	if p != nil {
		fmt.Fprintf(&r.said, " %q", p)
	}
	r.said.WriteByte('\n')
}
