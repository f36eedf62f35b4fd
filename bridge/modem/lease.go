package modem

import (
	"fmt"
	"time"

	"meterline/bridge/status"
	"meterline/vport"
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

// Client is who may have a modem's lease: a port, a call from a dial-up port, a probe. Deliver and StateChanged are called without the
// modem's mutex. The others are called with it: they only look and count, and never wait, log, or call the modem.
type Client interface {
	// Name is how operators know it.
	Name() string
	// Deliver hands over bytes of the modem, and waits while they are not taken. It returns how many were taken, and the
	// reason for which the rest was dropped, which it has counted.
	Deliver(b []byte) (n int, reason string)
	// Dropped counts n bytes that did not get to the modem.
	Dropped(reason string, n int)
	// Present reports whether the program that wrote last is still there.
	Present() bool
	// Interrupt sets a deadline for Deliver, also for one in progress. The zero time removes it.
	Interrupt(t time.Time)
	// StateChanged is called when the modem's state may have changed, with the state at that time. Calls never overlap.
	StateChanged(v View)
}

// Program is a Client that knows about the program that uses it. Its methods are called with the modem's mutex held, as Client's are.
type Program interface {
	// Open reports whether a program has a leased port open, with or without the lease.
	Open() bool
	// Wants reports whether the program alone is reason enough for a session on demand.
	Wants() bool
	// Over reports whether the client's call has ended, although it has not given the lease back yet. The client may not have been
	// shown v.
	Over(v View) bool
	// Settings are the program's settings that concern the far serial port; zero if they are not known.
	Settings() vport.Settings
}

// CatchUpper is a Client that can be read from another goroutine than its own, when that is late. The caller does not hold the modem's
// mutex.
type CatchUpper interface {
	// CatchUp sends what the program has written and nobody has read yet.
	CatchUp()
	// DeliverUnread is Deliver, unless it returns vport.ErrUnread, or vport.ErrUnsupported: then nothing has been handed over.
	// See vport.UnreadWriter for fresh and written.
	DeliverUnread(b []byte, fresh func() bool, written func()) (n int, reason string, err error)
}

// View is a modem's state as one of its clients sees it.
type View struct {
	Modem    string // its name
	Session  bool   // it has one
	Ended    int    // how many of its sessions have ended without another one in their place
	OnOpen   bool   // its sessions are had on demand
	Holder   Client // who has the lease, nil if there is nobody
	Clearing bool   // the client's program has left, and its tail is on its way
}
