package hayes

import (
	"bytes"
	"time"
)

// The escape returns a modem that is on line to command mode: three characters S2 with silence before and after. A pty has no
// write boundaries, so only silence, as seen by our reads, shows an escape.
//
//   - Before the first character: S12 without a byte from the program.
//   - Between the characters: at most Config.Pace, or S12 if that is longer. So "+++" in one write counts, and so does each
//     '+' by itself every 500 ms.
//   - After the third: S12 again. Then the escape takes effect: OK.
//
// Characters that may become an escape are held that long, and sent on if anything else follows or too much time passes. So a
// single '+' after a silence may come late by Pace, but never out of order. If an escape follows it within Pace there are four
// characters, which is no escape. Three of them in a longer write, or without the guard time around them, are data.
//
// Only data that is exactly that cannot be told from an escape: three times S2, alone, between silences. Where that can
// happen, ATS2=255 switches the escape off.
const escapeLength = 3

// shortestGuard is the least value of S12: without any silence, three characters inside data would be an escape.
const shortestGuard = 100 * time.Millisecond

// data takes what the program writes on line. All of p came at one time, so it counts as a whole: either it continues an
// escape, or p and all that was held is data.
func (m *Modem) data(p []byte) {
	if !m.addsToEscape(p) {
		m.release()
		m.due = time.Time{}
		m.out.toLine(p)
	} else if m.pluses += len(p); m.pluses == escapeLength {
		m.due = m.now.Add(m.mem.guard())
	} else {
		m.due = m.now.Add(max(m.mem.guard(), m.cfg.Pace))
	}
	m.quiet = m.now
}

func (m *Modem) addsToEscape(p []byte) bool {
	s2 := m.mem.regs[2]
	if s2 > 127 || m.pluses+len(p) > escapeLength {
		return false
	}
	if m.pluses == 0 && m.now.Sub(m.quiet) < m.mem.guard() {
		return false
	}
	return bytes.Count(p, []byte{s2}) == len(p)
}

// release sends what was held: it is data.
func (m *Modem) release() {
	m.out.toLine(bytes.Repeat([]byte{m.mem.regs[2]}, m.pluses))
	m.pluses = 0
}

// releaseTail is release at the end of a call. Three characters are not sent: nothing has followed them, so they probably were
// an escape.
func (m *Modem) releaseTail() {
	if m.pluses < escapeLength {
		m.release()
	}
}

// endEscape is called when the silence after held characters is over.
func (m *Modem) endEscape() {
	if m.pluses < escapeLength {
		m.release()
		return
	}
	m.enter(Escaped)
	m.reply.result(ok)
}
