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

// Ringing lets dial-up ports ring for the sessions that a modem begins. It is guarded by the modem's mutex.
type Ringing struct {
	m       *Modem
	ringers Ringers // who may ring, nil if there is nobody
	due     bool    // the present session is to ring, and has not
	at      Ringer  // where it rings, nil if nowhere
}

// Use tells a modem that does not run yet who may ring for it.
func (r *Ringing) Use(ringers Ringers) { r.ringers = ringers }

// Retry lets a dial-up port ring, where the session is to ring and could not before: a call was in the way that has been cleared since.
// Modems come back faster than that.
func (r *Ringing) Retry() {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	r.start()
}

// Ended tells that a ringer does not ring any more, by itself.
func (r *Ringing) Ended(at Ringer) {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if r.at == at {
		r.at = nil
	}
}

// start lets a dial-up port ring for the present session, where that is to ring. The caller holds mu.
func (r *Ringing) start() {
	if s := r.m.circuit.session; r.may(s) {
		r.m.mu.Defer(func() { r.ring(s) })
	}
}

// may reports whether s is to ring now. The caller holds mu.
func (r *Ringing) may(s *relay.Session) bool {
	c := &r.m.circuit
	return c.cfg.Ring != "" && r.ringers != nil && r.at == nil && r.due &&
		s != nil && c.session == s && c.lease.holder == nil && time.Since(s.Since()) <= RingFor
}

// ring lets the first of the group ring that can.
func (r *Ringing) ring(s *relay.Session) {
	cfg := r.m.Config()
	caller := cfg.Name
	if len(cfg.Numbers) > 0 {
		caller = cfg.Numbers[0]
	}
	for _, at := range r.ringers(cfg.Ring) {
		if !r.reserve(s, at) {
			return
		}
		if at.Ring(r.m, caller) {
			r.m.log.Info("rings", "port", at.Name())
			return
		}
		r.unreserve(s, at)
	}
	r.m.log.Info("nobody to ring", "ring", cfg.Ring)
}

// reserve notes where s rings, before it does: a program may answer at once. It returns false if s is not to ring any more.
func (r *Ringing) reserve(s *relay.Session, at Ringer) bool {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if !r.may(s) {
		return false
	}
	r.at, r.due = at, false
	return true
}

// unreserve notes that s cannot ring there.
func (r *Ringing) unreserve(s *relay.Session, at Ringer) {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if r.at == at && r.m.circuit.session == s {
		r.at, r.due = nil, true
	}
}

// stop ends the ringing, unless it is h's port that rings: that one answers. The caller holds mu.
func (r *Ringing) stop(h *Access) {
	at := r.at
	r.at = nil
	if at != nil && (h == nil || h.ringer != at) {
		r.m.mu.Defer(func() { at.Stop(r.m) })
	}
}
