package hayes

import (
	"strings"
	"time"
)

// abortAfter is the time in which V.250, 5.6.1, does not let a character abort a call: what programs append to the command line
// comes then.
const abortAfter = 125 * time.Millisecond

const xon, xoff = 0x11, 0x13

// key takes a byte of a program that is not on line.
func (m *Modem) key(c byte) {
	if m.call.calling() {
		m.keyWhileCalling(c)
		return
	}
	if m.mem.flag("E") == 1 {
		m.out.echo(m.line.echo(c)...)
	}
	if body, whole := m.line.collect(c, m.now); whole {
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
	m.reply.finish(m.interpreter(body).run())
}

// keyWhileCalling takes a byte before CONNECT. By V.250, 5.6.1 and 6.3.1, any character ends the attempt after the first 125
// ms; Config.AbortAny does that. Otherwise stray bytes, CR LF, flow control and the usual commands are ignored and counted.
// ATH, ATZ and +CHUP end the attempt and get their own result, ATD of another number begins anew, and an escape ends the
// attempt without any silence.
func (m *Modem) keyWhileCalling(c byte) {
	if m.cfg.AbortAny {
		if c == xon || c == xoff || m.now.Sub(m.call.since) < abortAfter {
			m.out.drop(DropDialling, 1)
			return
		}
		m.line.clear()
		m.abortCall("the program wrote while dialling")
		return
	}
	if body, whole := m.line.collect(c, m.now); whole {
		m.lineWhileCalling(body)
		return
	}
	if m.line.stage == idle && c != '\r' && c != '\n' && c != xon && c != xoff {
		m.out.drop(DropDialling, 1)
	}
	if m.line.escapes(c) {
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
