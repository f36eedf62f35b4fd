package modem

import "reflect"

// SetPorts tells the modem which ports are leased to it. Ports that are no longer lose its lease.
func (m *Modem) SetPorts(ports []*Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.circuit.setPorts(ports)
	m.life.wake()
}

// Adopt takes over cfg while the modem runs, if it differs only in keys that do not concern a session. It reports whether it has. These
// keys end no session:
//
//	note, lease_idle, linger                                     adopted here
//	number, ring, fallback and what goes with it                 adopted here; what is under way goes on as it began
//	port, and [port.NAME]: owner, group, mode                    changed at the port, whose program stays; see permit
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
	}
	take(&was)
	if reflect.DeepEqual(m.cfg, cfg) || !reflect.DeepEqual(was, cfg) {
		return false
	}
	take(&m.cfg) // not the whole configuration: the other fields are read without the mutex
	m.life.wake()
	return true
}
