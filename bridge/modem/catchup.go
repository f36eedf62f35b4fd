package modem

import (
	"errors"
	"time"

	"meterline/vport"
)

const (
	// catchUpEvery and catchUpWithin are how often and for how long the goroutine is waited for that is just handing over
	// what the program has written.
	catchUpEvery  = 50 * time.Microsecond
	catchUpWithin = time.Second
)

// first hands over the first piece of p, unless the program has written since that was decided: then all of it answers what the
// program asked before, and is dropped. What the program has written counts, and not what of it this process has noticed: it is
// read at once. A repeat of the very request that is answered does not count.
func (m *Modem) first(p parcel) bool {
	if !m.guarded || p.to == nil {
		m.deliver(p.to, p.pieces[0])
		return true
	}
	m.decided = p.writes
	if p.to.behind != nil {
		for w := (Catching{}); ; {
			n, reason, err := p.to.behind.DeliverUnread(p.pieces[0], m.isFresh, m.isWritten)
			switch {
			case err == nil:
				m.delivered(p.to, p.pieces[0], n, reason)
				return true
			case m.overtaken(p):
				return false
			}
			if !errors.Is(err, vport.ErrUnread) || !w.again(m) {
				break
			}
		}
	} else if m.overtaken(p) {
		return false
	}
	m.gotIt()
	m.deliver(p.to, p.pieces[0])
	return true
}

// fresh reports whether the program has written nothing since what is being handed over was decided.
func (m *Modem) fresh() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.frames.Writes() == m.decided
}

// gotIt notes that the program may have what was to be handed over.
func (m *Modem) gotIt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frames.Delivered()
}

// overtaken reports whether the program has written since p was decided, which is dropped then.
func (m *Modem) overtaken(p parcel) bool {
	m.catchUp(p.to)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.frames.Writes() == p.writes {
		return false
	}
	m.frames.Delivered()
	now := time.Now()
	for _, piece := range p.pieces {
		m.lose(p.to, m.frames.Recall(piece), now)
	}
	return true
}

// Catching is the time for which another goroutine is waited for that is just handing bytes over.
type Catching struct{ end time.Time }

// again is Wait, but for the first time.
func (w *Catching) again(m *Modem) bool {
	if w.end.IsZero() {
		w.end = time.Now().Add(catchUpWithin)
		return true
	}
	return w.wait(m)
}

// Wait waits a little, and returns false when that makes no sense: the other goroutine waits itself for the session to take the
// bytes, as it may for ever, or it has been waited for long enough.
func (w *Catching) Wait(a *Access) bool { return w.wait(a.m.Load()) }

func (w *Catching) wait(m *Modem) bool {
	now := time.Now()
	switch {
	case w.end.IsZero():
		w.end = now.Add(catchUpWithin)
	case m.stalled.Load() > 0 || now.After(w.end):
		return false
	}
	time.Sleep(catchUpEvery)
	return true
}

// enterFrames tells what stands between that a program has opened p. The caller holds mu.
func (m *Modem) enterFrames(p *Access) {
	if m.frames == nil || m.holder != nil && m.holder != p || !p.own && m.asker != p {
		return
	}
	if m.asker != p {
		m.frames.Abandon()
	}
	m.frames.Open(time.Now())
	m.rearm()
}

// leaveFrames tells what stands between that h's program has left, unless h is a port that the next program has open already.
// Where another program listens at the modem's own port, what was asked is nobody's at once. The caller holds mu.
func (m *Modem) leaveFrames(h *Access) {
	if m.frames == nil {
		return
	}
	if h.isOpen() {
		return
	}
	if m.listened(h) {
		m.frames.Abandon()
	} else {
		m.frames.Leave(time.Now())
	}
	m.rearm()
}

// listened reports whether a program other than h's has the modem's own port open. The caller holds mu.
func (m *Modem) listened(h *Access) bool {
	for _, p := range m.ports {
		if p.own && p != h && p.isOpen() {
			return true
		}
	}
	return false
}
