package dialup

import (
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
)

// These methods make a call a client of the remote modem: modem.Client.

func (c *call) Name() string { return c.p.cfg.Spec.Address }

func (c *call) Dropped(reason string, n int) { c.p.drop(reason, n) }

func (p *Port) drop(reason string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropped.Add(reason, n)
}

// Present reports whether the program still has the port open, or has left in a way that keeps the call: with HUPCL off, or under &D0 or
// &D1. The device is asked as well, because it reports that a program has left only after that program's last bytes.
func (c *call) Present() bool {
	c.p.mu.Lock()
	ended, d, stays := c.ended, c.p.device, !c.p.hayes.EndsByDTR()
	c.p.mu.Unlock()
	switch h, ok := d.(vport.HangUpper); {
	case ended || d == nil:
		return false
	case stays, ok && !h.HangsUp():
		return true
	}
	return d.Present()
}

// Open returns false: a call belongs to one program, and the next program makes a call of its own.
func (c *call) Open() bool { return false }

// Wants returns true: a program dials to have a session.
func (c *call) Wants() bool { return true }

// Over reports whether the call has ended and has not been cleared yet.
func (c *call) Over() bool {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return c.ended
}

// CatchUp passes to the emulated modem what the program has written and nobody has read yet, and sends what of that is for the meter. It
// leaves everything else to the port's goroutine.
func (c *call) CatchUp() {
	p := c.p
	p.mu.Lock()
	d, ok := p.device.(vport.CatchUpper)
	p.mu.Unlock()
	if !ok {
		return
	}
	for w := (modem.Catching{}); !d.CatchUp(p.receiveNow) || !c.sendAllNow(); {
		if !w.Wait(c.access) {
			return
		}
	}
}

// fromProgramNow passes to the emulated modem what CatchUp has read. It does not wait.
func (p *Port) fromProgramNow(b []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.from += int64(len(b))
	p.applyAndWake(p.hayes.FromDTE(b, time.Now()))
	return true
}

// sendAllNow sends the bytes for the meter that come first in pending. It returns false while the port's goroutine is doing so.
func (c *call) sendAllNow() bool {
	p := c.p
	if !p.working.TryLock() {
		return false
	}
	defer p.working.Unlock()
	for {
		p.mu.Lock()
		if len(p.pending) == 0 || p.call != c {
			p.mu.Unlock()
			return true
		}
		b, ok := p.pending[0].([]byte)
		if ok {
			p.pending = p.pending[1:]
		}
		p.mu.Unlock()
		if !ok {
			return true
		}
		c.access.SpeakNow(b)
	}
}

// DeliverUnread is not supported, because the emulated modem stands between the program and the meter.
func (c *call) DeliverUnread([]byte, func() bool, func()) (n int, reason string, err error) {
	return 0, "", vport.ErrUnsupported
}

// Deliver passes what the meter sends to the emulated modem, which holds it until CONNECT has been sent. It waits while there is no
// room, so that a program that reads slowly, or is in command mode, loses nothing.
func (c *call) Deliver(b []byte) (n int, reason string) {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	for n < len(b) {
		room := min(len(b)-n, p.hayes.Room(), meterMax-p.waiting)
		switch {
		case !c.current():
			p.dropped.Add(status.DropLeft, len(b)-n)
			return n, status.DropLeft
		case room > 0:
			p.applyAndWake(p.hayes.FromLine(b[n:n+room], time.Now()))
			n += room
		case !c.until.IsZero() && !time.Now().Before(c.until):
			p.dropped.Add(status.DropNotRead, len(b)-n)
			return n, status.DropNotRead
		default:
			p.changed.Wait()
		}
	}
	return n, ""
}

// Interrupt sets the time at which a waiting Deliver gives up. The zero time means never.
func (c *call) Interrupt(t time.Time) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.until = t
	if c.waking != nil {
		c.waking.Stop()
	}
	if !t.IsZero() {
		c.waking = c.p.wakeAt(t)
	}
}

// StateChanged ends a call whose session has ended, or whose lease another port has taken.
func (c *call) StateChanged(v modem.View) {
	lastErr := c.access.LastError() // before the port's mutex is taken
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if !c.up || !c.current() || v.Holder == modem.Client(c) && v.Session {
		return
	}
	c.ended = true
	why := "the session ended"
	if v.Holder != modem.Client(c) {
		why = "another port took the modem"
	} else if lastErr != nil {
		why += ": " + lastErr.Error()
	}
	c.p.hayes.Why(why)
	c.p.applyAndWake(c.p.hayes.CarrierLost(time.Now()))
	c.cancel(errHungUp)
}
