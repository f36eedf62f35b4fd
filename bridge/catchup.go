package bridge

import (
	"time"

	"meterline/vport"
)

const (
	// catchUpEvery and catchUpWithin are how often and for how long the goroutine is waited for that is just handing over
	// what the program has written.
	catchUpEvery  = 50 * time.Microsecond
	catchUpWithin = time.Second
)

// overtaken reports whether the program has written since it was decided what to hand over, which then answers what it asked
// before, and is dropped. What the program has written counts, and not what of it this process has noticed: it is read at once. A
// repeat of the very request that is answered does not count.
func (m *modem) overtaken(p parcel) bool {
	if m.frames == nil || !m.guarded || p.to == nil {
		return false
	}
	p.to.catchUp(m)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frames.Delivered()
	if m.frames.Writes() == p.writes {
		return false
	}
	now := time.Now()
	for _, piece := range p.pieces {
		m.lose(p.to, m.frames.Recall(piece), now)
	}
	return true
}

func (p *port) catchUp(m *modem) {
	p.mu.Lock()
	d, ok := p.device.(vport.CatchUpper)
	p.mu.Unlock()
	if !ok || p.modem.Load() != m {
		return
	}
	for w := (catching{}); !d.CatchUp(p.hearAside) && w.wait(m); {
	}
}

// aside is take for the modem's goroutine, which must not wait.
func (p *port) aside(b []byte) bool {
	p.wrote(len(b))
	m := p.modem.Load()
	m.send(p, b, m.push)
	return true
}

// catching is the time for which another goroutine is waited for that is just handing bytes over.
type catching struct{ end time.Time }

// wait waits a little, and returns false when that makes no sense: the other goroutine waits itself for the session to take the
// bytes, as it may for ever, or it has been waited for long enough.
func (w *catching) wait(m *modem) bool {
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

// enterFrames tells what stands between that a program has opened p. The mutex is held.
func (m *modem) enterFrames(p *port) {
	if m.frames == nil || m.holder != nil && m.holder != holder(p) || !p.cfg.Own && m.asker != holder(p) {
		return
	}
	if m.asker != holder(p) {
		m.frames.Abandon()
	}
	m.frames.Open(time.Now())
	m.rearm()
}

// leaveFrames tells what stands between that h's program has left, unless h is a port that the next program has open already.
// Where another program listens at the modem's own port, what was asked is nobody's at once. The mutex is held.
func (m *modem) leaveFrames(h holder) {
	if m.frames == nil {
		return
	}
	if p, ok := h.(*port); ok && p.isOpen() {
		return
	}
	if m.listened(h) {
		m.frames.Abandon()
	} else {
		m.frames.Leave(time.Now())
	}
	m.rearm()
}

// listened reports whether a program other than h's has the modem's own port open. The mutex is held.
func (m *modem) listened(h holder) bool {
	for _, p := range m.ports {
		if p.cfg.Own && holder(p) != h && p.isOpen() {
			return true
		}
	}
	return false
}
