package dialup

import (
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
)

// What makes a call a client of the modem that it reaches.

func (c *call) Name() string { return c.p.cfg.Spec.Address }

func (c *call) Dropped(reason string, n int) { c.p.drop(reason, n) }

func (p *Port) drop(reason string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropped.Add(reason, n)
}

// Present reports whether the program is still there. One that left with the call kept (HUPCL off, &D0, &D1) is as good as there. The device
// is asked, too: its program's leaving is told only behind the last of its bytes, and those may be what waits.
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

// Open is false: a call is one program's, and the next one has another.
func (c *call) Open() bool { return false }

// Wants is true: that is what was dialled for.
func (c *call) Wants() bool { return true }

// Over reports whether the call has ended and has not been cleared yet.
func (c *call) Over() bool {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return c.ended
}

// CatchUp lets the emulated modem hear what the program has written, and sends what of that is for the meter. Anything else is
// left to the port's own goroutine.
func (c *call) CatchUp(a *modem.Access) {
	p := c.p
	p.mu.Lock()
	d, ok := p.device.(vport.CatchUpper)
	p.mu.Unlock()
	if !ok {
		return
	}
	for w := (modem.Catching{}); !d.CatchUp(p.hearAside) || !c.sayAll(); {
		if !w.Wait(a) {
			return
		}
	}
}

// aside lets the emulated modem hear b, which was read beside the port's own goroutine.
func (p *Port) aside(b []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.from += int64(len(b))
	p.heard(p.hayes.FromDTE(b, time.Now()))
	return true
}

// sayAll sends what is for the meter and has not been sent, up to anything else that is wanted. It returns false while the port's
// own goroutine is doing so.
func (c *call) sayAll() bool {
	p := c.p
	if !p.working.TryLock() {
		return false
	}
	defer p.working.Unlock()
	for {
		p.mu.Lock()
		if len(p.wanted) == 0 || p.call != c {
			p.mu.Unlock()
			return true
		}
		b, ok := p.wanted[0].([]byte)
		if ok {
			p.wanted = p.wanted[1:]
		}
		p.mu.Unlock()
		if !ok {
			return true
		}
		c.access.SpeakNow(b)
	}
}

// DeliverUnread is not to be had: the emulated modem stands between.
func (c *call) DeliverUnread([]byte, func() bool, func()) (n int, reason string, err error) {
	return 0, "", vport.ErrUnsupported
}

// Deliver gives what the meter sends to the emulated modem, which holds it until CONNECT is out. It waits while there is no
// room, so that nothing is lost to a program that reads slowly or has escaped.
func (c *call) Deliver(b []byte) (n int, reason string) {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	for n < len(b) {
		room := min(len(b)-n, p.hayes.Room(), towardMax-p.waiting)
		switch {
		case !c.live():
			p.dropped.Add(status.DropLeft, len(b)-n)
			return n, status.DropLeft
		case room > 0:
			p.heard(p.hayes.FromLine(b[n:n+room], time.Now()))
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
	if !c.up || !c.live() || v.Holder == modem.Client(c) && v.Session {
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
	c.p.heard(c.p.hayes.CarrierLost(time.Now()))
	c.cancel(errHungUp)
}
