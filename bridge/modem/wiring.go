package modem

import (
	"reflect"
	"time"

	"meterline/relay/wire"
)

// SetPorts sets the ports that are leased to the modem, before Run and at each reload. The lease of a port that is not among them ends.
func (m *Modem) SetPorts(ports []*Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.circuit.setPorts(ports)
	m.life.wake()
}

// SetFallback sets the modem's fallback. It is called before Run.
func (m *Modem) SetFallback(f Fallback) { m.fallback = f }

// SetOutage has a count the modem. It is called before Run.
func (m *Modem) SetOutage(a *Outage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.absence.outage = a
}

// CallsInAt sets where the modem calls in, before Run and at each reload; own says that this is an address of its own.
func (m *Modem) CallsInAt(at Inbound, own bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if own {
		m.ways.own = at
	} else {
		m.ways.inbound = at
	}
}

// Inherit takes over what old, whose Run has returned, knows of answers that may still come. It is called before Run.
func (m *Modem) Inherit(old *Modem) {
	old.mu.Lock()
	defer old.mu.Unlock()
	if m.circuit.frames.on() && old.circuit.frames.on() {
		m.circuit.frames.line.Inherit(old.circuit.frames.line, time.Now())
	}
}

// Adopt takes over cfg while the modem runs, if it differs only in keys that do not concern a session. It reports whether it has. These
// keys end no session:
//
//	note, lease_idle, linger                                     adopted here
//	secret, secret_file, login                                   adopted here, for the next session
//	number, ring, fallback and what goes with it                 adopted here; what is under way goes on as it began
//	port, and [port.NAME]: owner, group, mode                    changed at the port, whose program stays; see port.Port.Permit
//	port, and [port.NAME]: allow, kick_old                       the port is made anew, its program alone is cut
//	[exchange.NAME]: all                                         sessions that have begun are the modem's
//
// All other keys of [modem.NAME] do: they say who the modem is, how it is reached, or what happens to its bytes.
func (m *Modem) Adopt(cfg Config) (adopted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.cfg
	take := func(into *Config) {
		into.Note, into.LeaseIdle, into.Linger = cfg.Note, cfg.LeaseIdle, cfg.Linger
		into.Numbers, into.Ring, into.Fallback = cfg.Numbers, cfg.Ring, cfg.Fallback
		into.Credentials = cfg.Credentials
	}
	take(&was)
	if reflect.DeepEqual(m.cfg, cfg) || !reflect.DeepEqual(was, cfg) {
		return false
	}
	take(&m.cfg) // not the whole configuration: the other fields are read without the mutex
	if l, ok := m.ways.line.(interface{ SetCredentials(wire.Credentials) }); ok {
		l.SetCredentials(cfg.Credentials)
	}
	m.life.wake()
	return true
}
