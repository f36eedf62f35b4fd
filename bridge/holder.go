package bridge

import (
	"fmt"
	"time"

	"meterline/bridge/status"
)

// holder is who may have a modem's lease: a port, or a probe.
type holder interface {
	// label is how operators know it.
	label() string
	// deliver hands over bytes of the modem, and waits while they are not taken. It returns how many were taken, and the
	// reason for which the rest was dropped, which it has counted.
	deliver(b []byte) (n int, reason string)
	// drop counts n bytes that did not get to the modem.
	drop(reason string, n int)
	// present tells whether whoever wrote is still there.
	present() bool
	// interrupt lets a deliver in progress go on until t at the longest; the zero time lifts that.
	interrupt(t time.Time)
	// catchUp sends what the program has written and nobody has read yet. The modem's mutex is not held.
	catchUp(m *modem)
	// settle looks at the holder's state anew: the modem's has changed. The modem's mutex is held.
	settle(m *modem)
}

// lease gives the modem to h if it is free: if nobody has it, or whoever has it has let it lie for the lease's idle time.
// The modem's mutex is held.
func (m *modem) lease(h holder, now time.Time) bool {
	if m.holder == h {
		return true
	}
	if m.holder != nil {
		if !m.mayTake(now) {
			return false
		}
		m.log.Info("lease taken over", "from", m.holder.label(), "to", h.label(), "idle", now.Sub(m.moved).Round(time.Second))
		m.dropBacklog(status.DropTakenOver)
		m.withdraw(m.holder, status.DropTakenOver)
		m.evict(m.holder)
		if p, ok := m.holder.(*port); ok {
			p.unclear()
		}
	}
	if m.asker != h { // what the one before has asked is nothing to h
		m.abandon()
		m.asker = h
	}
	m.unrung = false
	m.ringIsOver(h)
	old := m.holder
	m.holder, m.moved = h, now
	m.settleLine()
	if old != nil {
		old.settle(m)
	}
	return true
}

// mayTake tells whether the lease has been idle long enough for somebody else to have it. A probe's lease is short, and its own.
func (m *modem) mayTake(now time.Time) bool {
	_, isProbe := m.holder.(*probe)
	return !isProbe && m.cfg.LeaseIdle > 0 && now.Sub(m.moved) >= m.cfg.LeaseIdle
}

// release ends h's lease, if it has it. The modem's mutex is held.
func (m *modem) release(h holder) {
	if m.holder != h {
		return
	}
	m.withdraw(h, status.DropLeft)
	m.leaveFrames(h)
	m.holder = nil
	m.pokeLife()
}

// abandon makes what is still to come for the holder nobody's. The modem's mutex is held.
func (m *modem) abandon() {
	if m.frames != nil {
		m.frames.Abandon()
		m.rearm()
	}
}

// leasedError says who has the modem.
type leasedError struct{ text string }

func (e *leasedError) Error() string { return e.text }

// leasedTo is the error of who wants a modem that is leased. The modem's mutex is held.
func (m *modem) leasedTo() error {
	return &leasedError{fmt.Sprintf("modem %s is leased to %s: close the program there, or wait %s without traffic",
		m.cfg.Name, m.holder.label(), m.cfg.LeaseIdle)}
}
