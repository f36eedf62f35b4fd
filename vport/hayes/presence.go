package hayes

import "time"

// Opened says that a program has opened the port: what an earlier one left unfinished of a command line is gone. Settings
// stay, as a modem's do, and so does a call that was kept.
func (m *Modem) Opened(now time.Time) Out {
	m.at(now)
	m.program = true
	m.line.clear()
	m.lf = time.Time{}
	return m.takeOut()
}

// Dropped says that the last program has left the port. That is DTR off, with hupcl (the flag of the terminal) false: DTR
// stays. By DTR off &D2 hangs up, &D1 leaves the call and goes to command mode, &D3 hangs up and resets, &D0 takes no
// notice (V.250, 6.2.9, and Hayes). Nothing is said to anybody.
func (m *Modem) Dropped(now time.Time, hupcl bool) Out {
	m.at(now)
	m.program = false
	m.line.clear()
	dtr := m.flag("&D")
	if !hupcl || dtr == 0 {
		return m.takeOut()
	}
	switch {
	case m.phase == Online && dtr == 1:
		m.releaseTail()
		m.enter(Escaped)
	case m.phase == Escaped && dtr == 1, m.phase == Ringing:
		// the call that rings is not this program's
	default:
		m.hangUp("the program left the port")
	}
	if dtr == 3 {
		m.restore(0)
	}
	return m.takeOut()
}

// EndsByDTR reports whether a call ends when the program leaves and DTR goes off with it, as &D is set.
func (m *Modem) EndsByDTR() bool { return m.flag("&D") >= 2 }
