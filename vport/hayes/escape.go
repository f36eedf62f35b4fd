package hayes

import (
	"bytes"
	"time"
)

// The escape brings a modem that is on line back to command mode: three characters S2 with silence before and after. A
// pty has no write boundaries, so silence is all there is to go by, as seen by our reads.
//
//   - Before the first character: S12 without a byte from the program.
//   - Between the characters: at most Config.Pace, or S12 where that is longer. So "+++" in one write counts, and so does
//     each '+' by itself every 500 ms.
//   - After the third: S12 again. The escape takes effect at its end: OK.
//
// Characters that may become an escape are held that long, and sent on if anything else follows or too much time passes:
// a single '+' behind a silence may come late by Pace, never out of order; and an escape that follows it within Pace makes
// four, which is none. Three of them in a longer write, or with anything less than the guard time around them, are data.
//
// The one thing that cannot be told from an escape is data that is exactly that: three times S2, alone, between silences.
// Where that can happen, ATS2=255 switches the escape off.
const escapeLength = 3

// shortestGuard bounds S12 below: with none at all, three characters inside data would do.
const shortestGuard = 100 * time.Millisecond

// guard is S12, in fiftieths of a second.
func (m *Modem) guard() time.Duration {
	return max(shortestGuard, time.Duration(m.set.regs[12])*20*time.Millisecond)
}

// data takes what the program writes on line. All of p came at one time, so that it counts as a whole: either it adds to
// an escape, or it and all that was held is data.
func (m *Modem) data(p []byte) {
	if !m.addsToEscape(p) {
		m.release()
		m.due = time.Time{}
		m.toLine(p)
	} else if m.pluses += len(p); m.pluses == escapeLength {
		m.due = m.now.Add(m.guard())
	} else {
		m.due = m.now.Add(max(m.guard(), m.cfg.Pace))
	}
	m.quiet = m.now
}

func (m *Modem) addsToEscape(p []byte) bool {
	s2 := m.set.regs[2]
	if s2 > 127 || m.pluses+len(p) > escapeLength {
		return false
	}
	if m.pluses == 0 && m.now.Sub(m.quiet) < m.guard() {
		return false
	}
	return bytes.Count(p, []byte{s2}) == len(p)
}

// release sends on what was held: it is data.
func (m *Modem) release() {
	m.toLine(bytes.Repeat([]byte{m.set.regs[2]}, m.pluses))
	m.pluses = 0
}

// releaseTail is release at the end of a call. Three characters are not sent: nothing has followed them, they were an
// escape for all that can be known.
func (m *Modem) releaseTail() {
	if m.pluses < escapeLength {
		m.release()
	}
}

// settle is the end of the silence behind characters that are held.
func (m *Modem) endEscape() {
	if m.pluses < escapeLength {
		m.release()
		return
	}
	m.enter(Escaped)
	m.result(ok)
}
