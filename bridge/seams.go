package bridge

// Ringer is what can ring for a session that a modem has begun: a dial-up port. Its methods are called with the modem's mutex held.
type Ringer interface {
	// Name is how operators know it.
	Name() string
	// Ring begins to ring, and reports whether it does. Caller is shown as who calls.
	Ring(m *modem, caller string) bool
	// Stop ends the ringing for m.
	Stop(m *modem)
}

// Ringers are those of a group that may ring, in order.
type Ringers func(group string) []Ringer

// Inbound is where modems call in.
type Inbound interface {
	// Down says why no modem can call in there, nil while one can.
	Down() error
}

// CallsInAt tells the modem where it calls in; own says that this is an address of its own.
func (m *modem) CallsInAt(at Inbound, own bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inbound, m.inboundOwn = at, own
}

// Outage counts the modems of the exchange where this one calls in, nil if there is none.
func (m *modem) Outage() *attendance { return m.attendance }

// RingNoMore ends the ringing at r.
func (m *modem) RingNoMore(r Ringer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ringing == r {
		m.ringIsOver(nil)
	}
}

// RingRefused tells that r does not ring any more, by itself.
func (m *modem) RingRefused(r Ringer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ringing == r {
		m.ringing = nil
	}
}
