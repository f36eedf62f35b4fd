package hayes

import (
	"strings"
	"time"
)

// abortAfter is the time in which V.250, 5.6.1, does not let a character abort a call: what programs append to the command line
// comes then.
const abortAfter = 125 * time.Millisecond

const xon, xoff = 0x11, 0x13

// line collects a command line (V.250, 5.2).
type line struct {
	stage  stage
	a      byte // the A of the prefix, in the case in which it came
	parity bool // the prefix had an eighth bit: the program writes seven bits and parity
	body   []byte
	over   bool   // it was longer than Config.LineMax
	last   string // for A/
	pluses int    // how many S2 characters came in a row outside of a line
}

type stage int

const (
	idle stage = iota
	gotA
	inBody
)

// clear forgets an unfinished line.
func (l *line) clear() { *l = line{last: l.last} }

// swallows reports whether c is the line feed that some programs send after the carriage return of a command line. It must be the next
// byte, and come within Config.LFWait. If it were not dropped, it would reach the meter when the call is connected at once.
func (m *Modem) swallows(c byte) bool {
	until := m.lf
	if until.IsZero() {
		return false
	}
	m.lf = time.Time{}
	if m.line.parity {
		c &= 0x7f
	}
	m.crlf = c == '\n' && m.now.Before(until)
	return m.crlf
}

// key takes a byte of a program that is not on line.
func (m *Modem) key(c byte) {
	if m.calling() {
		m.keyWhileCalling(c)
		return
	}
	if m.mem.flag("E") == 1 {
		m.echo(c)
	}
	if body, whole := m.collect(c); whole {
		m.runLine(body)
	}
}

// runLine executes a complete line. One that is too long is refused (V.250, 5.5).
func (m *Modem) runLine(body string) {
	if m.line.over {
		m.reply.result(Error)
		return
	}
	m.line.last = body
	m.execute(body)
}

// echo sends c back. The editing character erases what it deletes (V.250, 5.2.2).
func (m *Modem) echo(c byte) {
	if s5 := m.mem.regs[5]; m.line.stage == inBody && c == s5 {
		if len(m.line.body) > 0 {
			m.out.echo(s5, ' ', s5)
		}
		return
	}
	m.out.echo(c)
}

// collect adds c to the line. When the line is complete it returns its body, which is what follows AT.
func (m *Modem) collect(c byte) (body string, whole bool) {
	l := &m.line
	if l.stage == inBody {
		return m.collectBody(c)
	}
	was := l.stage
	l.stage = idle
	switch b := c & 0x7f; {
	case b == 'a' || b == 'A':
		l.stage, l.a = gotA, c
	case was == gotA && b == '/':
		l.over = false
		return l.last, true
	case was == gotA && (b == 't' || b == 'T') && m.samePrefix(b):
		l.stage, l.body, l.over = inBody, l.body[:0], false
		l.parity = (l.a|c)&0x80 != 0
	}
	return "", false
}

// samePrefix refuses aT and At if V.250, 5.2.1, is followed to the letter.
func (m *Modem) samePrefix(t byte) bool {
	return !m.cfg.Strict || m.line.a&0x20 == t&0x20
}

func (m *Modem) collectBody(c byte) (body string, whole bool) {
	l := &m.line
	if l.parity {
		c &= 0x7f
	}
	s3, s5 := m.mem.regs[3], m.mem.regs[5]
	switch {
	case c == s3, c == '\n' && !m.cfg.Strict:
		l.stage = idle
		if c == s3 && c != '\n' {
			m.lf = m.now.Add(m.cfg.LFWait)
		}
		return string(l.body), true
	case c == s5:
		l.body = l.body[:max(0, len(l.body)-1)]
	case c < ' ' || c == 0x7f: // V.250, 5.2.2: not part of the line
	case len(l.body) == m.cfg.LineMax:
		l.over = true
	default:
		l.body = append(l.body, c)
	}
	return "", false
}

// keyWhileCalling takes a byte before CONNECT. By V.250, 5.6.1 and 6.3.1, any character ends the attempt after the first 125
// ms; Config.AbortAny does that. Otherwise stray bytes, CR LF, flow control and the usual commands are ignored and counted.
// ATH, ATZ and +CHUP end the attempt and get their own result, ATD of another number begins anew, and an escape ends the
// attempt without any silence.
func (m *Modem) keyWhileCalling(c byte) {
	if m.cfg.AbortAny {
		if c == xon || c == xoff || m.now.Sub(m.since) < abortAfter {
			m.out.drop(DropDialling, 1)
			return
		}
		m.line.clear()
		m.abortCall("the program wrote while dialling")
		return
	}
	if body, whole := m.collect(c); whole {
		m.lineWhileCalling(body)
		return
	}
	if m.line.stage == idle && c != '\r' && c != '\n' && c != xon && c != xoff {
		m.out.drop(DropDialling, 1)
	}
	if s2 := m.mem.regs[2]; m.line.stage == idle && c == s2 && s2 <= 127 {
		m.line.pluses++
	} else {
		m.line.pluses = 0
	}
	if m.line.pluses == escapeLength {
		m.line.clear()
		m.abortCall("the program escaped while dialling")
	}
}

func (m *Modem) lineWhileCalling(body string) {
	command := strings.ToUpper(strings.ReplaceAll(body, " ", ""))
	switch {
	case m.line.over:
	case m.abortsCall(command):
		m.runLine(body)
		return
	case strings.HasPrefix(command, "D") && body != m.line.last:
		m.hangUp("another number was dialled")
		m.runLine(body)
		return
	}
	m.out.drop(DropDialling, len("AT")+len(body)+1)
}

// abortsCall ends the attempt at a call if the command line begins with a hang-up. What follows that may be a PIN, which no log
// and no record shall have.
func (m *Modem) abortsCall(command string) bool {
	for _, ends := range []string{"H", "Z", "+CHUP"} {
		if strings.HasPrefix(command, ends) {
			m.abortCall("AT" + ends)
			return true
		}
	}
	return false
}
