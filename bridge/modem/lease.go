package modem

import (
	"context"
	"fmt"
	"time"

	"meterline/bridge/status"
)

// lease gives the modem to h if it is free: if nobody has it, or whoever has it has let it lie for the lease's idle time.
// The caller holds the modem's mu.
func (m *Modem) lease(h *Access, now time.Time) bool {
	if m.holder == h {
		return true
	}
	if m.holder != nil {
		if !m.mayTake(now) {
			return false
		}
		m.log.Info("lease taken over", "from", m.holder.client.Name(), "to", h.client.Name(), "idle", now.Sub(m.moved).Round(time.Second))
		m.dropBacklog(status.DropTakenOver)
		m.withdraw(m.holder, status.DropTakenOver)
		m.evict(m.holder)
		m.holder.unclear()
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
		m.changed(old)
	}
	return true
}

// mayTake reports whether the lease has been idle long enough for somebody else to have it. A probe's lease is short, and its own.
func (m *Modem) mayTake(now time.Time) bool {
	return !m.holder.brief && m.cfg.LeaseIdle > 0 && now.Sub(m.moved) >= m.cfg.LeaseIdle
}

// release ends h's lease, if it has it. The caller holds the modem's mu.
func (m *Modem) release(h *Access) {
	if m.holder != h {
		return
	}
	m.withdraw(h, status.DropLeft)
	m.leaveFrames(h)
	m.holder = nil
	m.pokeLife()
}

// abandon makes what is still to come for the holder nobody's. The caller holds the modem's mu.
func (m *Modem) abandon() {
	if m.frames != nil {
		m.frames.Abandon()
		m.rearm()
	}
}

// LeasedError says who has the modem.
type LeasedError struct{ text string }

func (e *LeasedError) Error() string { return e.text }

// leasedTo is the error of who wants a modem that is leased. The caller holds the modem's mu.
func (m *Modem) leasedTo() error {
	return &LeasedError{fmt.Sprintf("modem %s is leased to %s: close the program there, or wait %s without traffic",
		m.cfg.Name, m.holder.client.Name(), m.cfg.LeaseIdle)}
}

// hurry gives the handing over of bytes to programs until t at the longest, because the session that brought them is to end:
// a program that does not read must not keep the modem's goroutine. Whom bytes are being handed need not have the lease.
// The caller holds mu.
func (m *Modem) hurry(t time.Time) {
	if m.serving == nil {
		return // nothing is handed over, and nobody would call calm
	}
	for _, h := range []*Access{m.handing, m.holder} {
		if h != nil {
			h.client.Interrupt(t)
			m.hurried = append(m.hurried, h)
		}
	}
}

// calm lifts what hurry has set. The caller holds mu.
func (m *Modem) calm() {
	for _, h := range m.hurried {
		h.client.Interrupt(time.Time{})
	}
	m.hurried = nil
}

// evict takes the modem's goroutine from h, whose lease is taken away. The caller holds mu.
func (m *Modem) evict(h *Access) {
	if m.handing == h {
		m.evicted = h
		h.client.Interrupt(time.Now())
	}
}

// handed is called when what there was has been handed over.
func (m *Modem) handed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.handing = nil
	if m.evicted != nil {
		m.evicted.client.Interrupt(time.Time{})
		m.evicted = nil
	}
}

// Await takes the lease, and waits for a session where one can be called.
func (a *Access) Await(ctx context.Context) error { return a.m.Load().await(ctx, a) }

// Clear gives the lease back when the tail has been sent, or its time is over.
func (a *Access) Clear(ctx context.Context) { a.m.Load().clear(ctx, a) }

// clear gives the lease back when the tail has been sent, or its time is over.
func (m *Modem) clear(ctx context.Context, h *Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	end := time.Now().Add(deliverWithin)
	for m.holder == h && m.session != nil && m.sending(h) && time.Now().Before(end) {
		if m.awaitChange(ctx) != nil {
			break
		}
	}
	if m.holder == h && m.out.busy() && m.out.owner == h {
		_ = m.out.s.SetWriteDeadline(time.Now()) // the drain counts what is lost
	}
	m.release(h)
	m.startLinger()
	m.settlePorts()
}
