package modem

import (
	"fmt"
	"time"

	"meterline/bridge/status"
)

// lease is who has the modem. It is guarded by the modem's mutex.
type lease struct {
	holder *Access   // who has it, nil if there is nobody
	last   *Access   // who had it last
	moved  time.Time // when the holder last sent or got a byte
}

// expired reports whether the lease has been idle for so long that another client may take it. A probe's lease never expires: it is short.
func (l *lease) expired(now time.Time, idle time.Duration) bool {
	return !l.holder.brief && idle > 0 && now.Sub(l.moved) >= idle
}

// isFree reports whether nobody has the modem, or only a call that has ended and still has to give it back. The caller holds mu.
func (c *circuit) isFree() bool {
	h := c.lease.holder
	return h == nil || h.program != nil && h.program.Over(c.view(h))
}

// LeasedError says who has the modem.
type LeasedError struct{ text string }

func (e *LeasedError) Error() string { return e.text }

// leasedError is the error of a client that wants a modem that is leased. The caller holds mu.
func (c *circuit) leasedError() error {
	return &LeasedError{fmt.Sprintf("modem %s is leased to %s: close the program there, or wait %s without traffic",
		c.cfg.Name, c.lease.holder.client.Name(), c.cfg.LeaseIdle)}
}

// acquire gives the lease to h if it is free or has expired. It reports whether h has the lease. The caller holds mu.
func (c *circuit) acquire(h *Access, now time.Time) bool {
	l := &c.lease
	if l.holder == h {
		return true
	}
	old := l.holder
	if old != nil {
		if !l.expired(now, c.cfg.LeaseIdle) {
			return false
		}
		c.takeOver(old, h, now.Sub(l.moved))
	}
	if l.last != h { // answers to another client's requests are not for h
		c.abandon()
		l.last = h
	}
	l.holder, l.moved = h, now
	c.taken(h)
	c.setFarPort()
	if old != nil {
		c.changed(old)
	}
	c.changed(h)
	return true
}

// takeOver takes the lease from old, which has been idle for that long. The caller holds mu.
func (c *circuit) takeOver(old, next *Access, idle time.Duration) {
	c.mu.Defer(func() {
		c.log.Info("lease taken over", "from", old.client.Name(), "to", next.client.Name(), "idle", idle.Round(time.Second))
	})
	c.toModem.dropQueue(status.DropTakenOver)
	c.withdraw(old, status.DropTakenOver)
	c.toProgram.evict(old)
	old.client.Dropped(status.DropTakenOver, len(old.kept.data))
	old.kept = burst{}
	old.unclear()
}

// release ends h's lease, if it has it. The caller holds mu.
func (c *circuit) release(h *Access) {
	if c.lease.holder != h {
		return
	}
	c.withdraw(h, status.DropLeft)
	c.leaveFrames(h)
	c.lease.holder = nil
	c.taken(nil)
}

// abandon has answers dropped that are still to come for the holder's requests. The caller holds mu.
func (c *circuit) abandon() {
	if c.frames.on() {
		c.frames.line.Abandon()
		c.rearm()
	}
}

// receiver returns who gets what the modem sends: the holder of the lease, else the modem's own port if a program has that open, else nil.
// The caller holds mu.
func (c *circuit) receiver() *Access {
	if c.lease.holder != nil {
		return c.lease.holder
	}
	for _, p := range c.ports {
		if p.own && p.isOpen() {
			return p
		}
	}
	return nil
}

// isAwaited reports whether a program is at one of the modem's ports. The caller holds mu.
func (c *circuit) isAwaited() bool {
	if c.lease.holder != nil {
		return true
	}
	for _, p := range c.ports {
		if p.isOpen() {
			return true
		}
	}
	return false
}
