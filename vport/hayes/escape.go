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

// escape looks for the escape in what the program writes on line.
type escape struct {
	mem   *memory
	quiet time.Time // when the program last wrote
	held  int       // number of characters S2 that may become an escape
}

// adds reports whether p continues an escape, or begins one.
func (e *escape) adds(p []byte, now time.Time) bool {
	s2 := e.mem.regs[2]
	if s2 > 127 || e.held+len(p) > escapeLength {
		return false
	}
	if e.held == 0 && now.Sub(e.quiet) < e.mem.guard() {
		return false
	}
	return bytes.Count(p, []byte{s2}) == len(p)
}

// hold holds n characters more, and returns how long: until something follows, or the silence decides.
func (e *escape) hold(n int) time.Duration {
	if e.held += n; e.complete() {
		return e.mem.guard()
	}
	return max(e.mem.guard(), e.mem.cfg.Pace)
}

// complete reports whether all characters of an escape are there, so that only the silence after them is missing.
func (e *escape) complete() bool { return e.held == escapeLength }

// release returns what was held: it is data.
func (e *escape) release() []byte {
	data := bytes.Repeat([]byte{e.mem.regs[2]}, e.held)
	e.held = 0
	return data
}

// tail is release at the end of a call. Three characters are not sent: nothing has followed them, so they probably were an
// escape.
func (e *escape) tail() []byte {
	if e.complete() {
		return nil
	}
	return e.release()
}

// data takes what the program writes on line. All of p came at one time, so it counts as a whole: either it continues an
// escape, or p and all that was held is data.
func (m *Modem) data(p []byte) {
	if m.escape.adds(p, m.now) {
		m.due = m.now.Add(m.escape.hold(len(p)))
	} else {
		m.due = time.Time{}
		m.out.toLine(m.escape.release())
		m.out.toLine(p)
	}
	m.escape.quiet = m.now
}

// endEscape is called when the silence after held characters is over.
func (m *Modem) endEscape() {
	if !m.escape.complete() {
		m.out.toLine(m.escape.release())
		return
	}
	m.enter(Escaped)
	m.reply.result(ok)
}
