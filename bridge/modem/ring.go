package modem

import "time"

// RingFor is how long a session rings that nobody answers.
const RingFor = time.Minute

// unused reports whether nobody has the modem, or only a call that is over and has not been cleared yet. The caller holds mu.
func (m *Modem) unused() bool {
	return m.holder == nil || m.holder.program != nil && m.holder.program.Over()
}

// ring lets a dial-up port ring for a session that the modem has begun, where it is to. It is tried again when a call that was in
// the way has been cleared: modems come back faster than that. The caller holds the modem's mu.
func (m *Modem) ring() {
	if m.cfg.Ring == "" || m.ringers == nil || m.ringing != nil || !m.unrung || m.holder != nil || m.session == nil || time.Since(m.session.Since()) > RingFor {
		return
	}
	caller := m.cfg.Name
	if len(m.cfg.Numbers) > 0 {
		caller = m.cfg.Numbers[0]
	}
	for _, p := range m.ringers(m.cfg.Ring) {
		if p.Ring(m, caller) {
			m.ringing, m.unrung = p, false
			m.log.Info("rings", "port", p.Name())
			return
		}
	}
	m.log.Info("nobody to ring", "ring", m.cfg.Ring)
}

// Ring lets a dial-up port ring, where the session is to ring and could not before.
func (m *Modem) Ring() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ring()
}

// ringIsOver lets the ringing end, unless it is h's phone that rings: that one answers. The caller holds the modem's mu.
func (m *Modem) ringIsOver(h *Access) {
	p := m.ringing
	if p == nil {
		return
	}
	m.ringing = nil
	if h != nil && h.ringer == p {
		return
	}
	p.Stop(m)
}

// Ringer is what can ring for a session that a modem has begun: a dial-up port. Its methods are called with the modem's mutex held.
type Ringer interface {
	// Name is how operators know it.
	Name() string
	// Ring begins to ring, and reports whether it does. Caller is shown as who calls.
	Ring(m *Modem, caller string) bool
	// Stop ends the ringing for m.
	Stop(m *Modem)
}

// SetRingers tells a modem that does not run yet who may ring for it.
func (m *Modem) SetRingers(r Ringers) { m.ringers = r }

// Ringers are those of a group that may ring, in order.
type Ringers func(group string) []Ringer

// RingNoMore ends the ringing at r.
func (m *Modem) RingNoMore(r Ringer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ringing == r {
		m.ringIsOver(nil)
	}
}

// RingRefused tells that r does not ring any more, by itself.
func (m *Modem) RingRefused(r Ringer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ringing == r {
		m.ringing = nil
	}
}
