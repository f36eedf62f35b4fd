package modem

import (
	"time"

	"meterline/relay"
)

// RingFor is how long a session rings that nobody answers.
const RingFor = time.Minute

// Ringer is what can ring for a session that a modem has begun: a dial-up port. The modem's mutex is not held.
type Ringer interface {
	// Name is how operators know it.
	Name() string
	// Ring begins to ring, and reports whether it does. Caller is shown as who calls.
	Ring(m *Modem, caller string) bool
	// Stop ends the ringing for m.
	Stop(m *Modem)
}

// Ringers are those of a group that may ring, in order.
type Ringers func(group string) []Ringer

// ringing is what rings for the present session. It is guarded by the modem's mutex.
type ringing struct {
	ringers Ringers // who may ring, nil: nobody
	due     bool    // the present session is to ring, and has not
	at      Ringer  // where it rings, nil: nowhere
}

// SetRingers tells a modem that does not run yet who may ring for it.
func (m *Modem) SetRingers(r Ringers) { m.ringing.ringers = r }

// Ring lets a dial-up port ring, where the session is to ring and could not before.
func (m *Modem) Ring() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ring()
}

// ring lets a dial-up port ring for a session that the modem has begun, where it is to. It is tried again when a call that was in the
// way has been cleared: modems come back faster than that. The caller holds mu.
func (m *Modem) ring() {
	if s := m.circuit.session; m.mayRing(s) {
		m.mu.Defer(func() { m.ringOne(s) })
	}
}

// mayRing reports whether s is to ring now. The caller holds mu.
func (m *Modem) mayRing(s *relay.Session) bool {
	r := &m.ringing
	return m.cfg.Ring != "" && r.ringers != nil && r.at == nil && r.due &&
		s != nil && m.circuit.session == s && m.circuit.lease.holder == nil && time.Since(s.Since()) <= RingFor
}

// ringOne lets the first of the group ring that can.
func (m *Modem) ringOne(s *relay.Session) {
	m.mu.Lock()
	cfg := m.cfg
	m.mu.Unlock()
	caller := cfg.Name
	if len(cfg.Numbers) > 0 {
		caller = cfg.Numbers[0]
	}
	for _, r := range m.ringing.ringers(cfg.Ring) {
		if !m.reserve(s, r) {
			return
		}
		if r.Ring(m, caller) {
			m.log.Info("rings", "port", r.Name())
			return
		}
		m.unreserve(s, r)
	}
	m.log.Info("nobody to ring", "ring", cfg.Ring)
}

// reserve notes that s rings at r, before r does: its program may answer at once. It returns false if s is not to ring any more.
func (m *Modem) reserve(s *relay.Session, r Ringer) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.mayRing(s) {
		return false
	}
	m.ringing.at, m.ringing.due = r, false
	return true
}

// unreserve notes that r cannot ring for s.
func (m *Modem) unreserve(s *relay.Session, r Ringer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ringing.at == r && m.circuit.session == s {
		m.ringing.at, m.ringing.due = nil, true
	}
}

// stopRinging ends the ringing, unless it is h's port that rings: that one answers. The caller holds mu.
func (m *Modem) stopRinging(h *Access) {
	r := m.ringing.at
	m.ringing.at = nil
	if r != nil && (h == nil || h.ringer != r) {
		m.mu.Defer(func() { r.Stop(m) })
	}
}

// RingEnded tells that r does not ring any more, by itself.
func (m *Modem) RingEnded(r Ringer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ringing.at == r {
		m.ringing.at = nil
	}
}
