package hayes

import "time"

// Opened is called when a program has opened the port. It drops an unfinished command line of an earlier program. Settings
// stay, as in a real modem, and so does a call that was kept.
func (m *Modem) Opened(now time.Time) Out {
	m.at(now)
	m.program = true
	m.line.clear()
	m.lf = time.Time{}
	return m.takeOut()
}

// Dropped is called when the last program has left the port, which switches DTR off unless the terminal's flag hupcl is false.
// When DTR goes off, &D2 hangs up, &D1 leaves the call and goes to command mode, &D3 hangs up and resets, and &D0 does nothing
// (V.250, 6.2.9, and Hayes). Nothing is sent to anybody.
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

// EndsByDTR reports whether a call ends when the program leaves and DTR goes off with it, by the present &D.
func (m *Modem) EndsByDTR() bool { return m.flag("&D") >= 2 }
