package meters

import (
	"bytes"
	"strings"
	"time"
)

// Errors that the simulated meter reports in programming mode, instead of data.
const (
	iecErrUnknown = "(ERR-NO-SUCH-DATA)"
	iecErrWrite   = "(ERR-READ-ONLY)"
	iecErrCommand = "(ERR-COMMAND)"
)

// takeCommand collects SOH, command, STX, data, ETX and block check character; a break has neither STX nor data.
func (m *IEC) takeCommand(b byte, now time.Time) {
	m.buf = append(m.buf, b)
	if n := len(m.buf); n < 5 || m.buf[n-2] != etx {
		if n >= iecMaxFrame {
			m.buf = m.buf[:0]
		}
		return
	}
	body, sum := m.buf[1:len(m.buf)-1], b
	if BCC(body) == sum {
		m.command(body[:len(body)-1], now)
	} else {
		m.out = append(m.out, nak)
	}
	m.buf = m.buf[:0]
}

// command does one command of programming mode. Any password is accepted.
func (m *IEC) command(body []byte, now time.Time) {
	head, data, _ := bytes.Cut(body, []byte{stx})
	code, value, ok := splitDataSet(string(data))
	switch {
	case string(head) == "B0":
		m.state = iecSignedOff
	case !ok:
		m.reply(stx, "", iecErrCommand)
	case string(head) == "P1" || string(head) == "P2":
		m.out = append(m.out, ack)
	case string(head) == "R1" || string(head) == "R5":
		m.read(code, now)
	case string(head) == "W1" || string(head) == "W5":
		m.write(code, value)
	default:
		m.reply(stx, "", iecErrCommand)
	}
}

// splitDataSet splits "code(value)".
func splitDataSet(s string) (code, value string, ok bool) {
	code, value, found := strings.Cut(s, "(")
	value, closed := strings.CutSuffix(value, ")")
	return code, value, found && closed && !strings.ContainsAny(value, "()")
}

// read answers with one line of the readout, or with a scratch value, S.0 to S.9.
func (m *IEC) read(code string, now time.Time) {
	for _, d := range m.data(now) {
		if d.code == code {
			m.reply(stx, "", code+"("+d.value+")")
			return
		}
	}
	if i, ok := scratchIndex(code); ok {
		m.reply(stx, "", code+"("+m.scratch[i]+")")
		return
	}
	m.reply(stx, "", iecErrUnknown)
}

// write changes a scratch value; nothing else can be written.
func (m *IEC) write(code, value string) {
	i, ok := scratchIndex(code)
	if !ok {
		m.reply(stx, "", iecErrWrite)
		return
	}
	m.scratch[i] = value
	m.out = append(m.out, ack)
}

func scratchIndex(code string) (int, bool) {
	digit, ok := strings.CutPrefix(code, "S.")
	if !ok || len(digit) != 1 || digit[0] < '0' || digit[0] > '9' {
		return 0, false
	}
	return int(digit[0] - '0'), true
}
