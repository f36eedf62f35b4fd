package simulated

import (
	"fmt"
	"strconv"
	"strings"
)

// input takes a byte in any phase.
func (m *ATModem) input(c byte) {
	switch m.phase {
	case atData:
		m.takeData(c)
	case atText:
		m.takeText(c)
	case atDialling: // V.250, 5.6.1: any character ends it
		m.enter(atCommand)
		m.result("NO CARRIER")
	default:
		m.takeCommand(c)
	}
}

func (m *ATModem) takeCommand(c byte) {
	if m.echo {
		m.print([]byte{c})
	}
	if c != '\r' {
		if c >= ' ' && c <= '~' && len(m.line) < 400 {
			m.line = append(m.line, c)
		}
		return
	}
	line := string(m.line)
	m.line = m.line[:0]
	i := strings.Index(strings.ToUpper(line), "AT")
	if i < 0 {
		return
	}
	m.makeNoise()
	for rest := line[i+2:]; ; {
		var command string
		command, rest = nextATCommand(rest)
		final := m.run(command)
		if final != "OK" {
			m.result(final)
			return
		}
		if rest == "" {
			m.result("OK")
			return
		}
	}
}

// nextATCommand splits the first command off a line.
func nextATCommand(line string) (command, rest string) {
	if line == "" {
		return "", ""
	}
	switch c := line[0] | 0x20; {
	case c == 'd':
		return line, ""
	case strings.ContainsRune("+^*#", rune(line[0])):
		command, rest, _ = strings.Cut(line, ";")
		return command, rest
	}
	n := 1
	if line[0] == '&' && len(line) > 1 {
		n = 2
	}
	for n < len(line) && strings.ContainsRune("0123456789=?", rune(line[n])) {
		n++
	}
	return line[:n], line[n:]
}

// run does a command and returns its result; "-": none for now.
func (m *ATModem) run(command string) string {
	upper := strings.ToUpper(command)
	for refused, result := range m.Refuse {
		if atName(upper) == refused || upper == refused {
			return result
		}
	}
	switch {
	case upper == "":
		return "OK"
	case upper[0] == 'D':
		return m.dial(command[1:])
	case upper[0] == '+' || upper[0] == '^':
		return m.extended(upper, command)
	}
	return m.basic(upper)
}

func (m *ATModem) basic(command string) string {
	value := strings.TrimLeft(command, "&ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	switch name := strings.TrimSuffix(command, value); name {
	case "E":
		m.echo = value == "1"
	case "V":
		m.verbose = value == "1"
	case "Q":
		m.results = value != "1"
	case "&D":
		m.dtr, _ = strconv.Atoi(value)
	case "&C":
		m.dcdFollows = value == "1"
	case "Z", "&F":
		if m.phase != atCommand {
			m.hangUp()
		}
		m.reset()
	case "H":
		if m.phase != atCommand {
			m.hangUp()
		}
	case "O":
		if m.phase == atEscaped {
			m.enter(atData)
			m.result("CONNECT 9600")
			return "-"
		}
		return "NO CARRIER"
	case "I":
		m.notify("meterline SIMULATED modem")
	case "S", "X", "L", "M", "T", "P", "&K", "&W", "&S":
	default:
		return "ERROR"
	}
	return "OK"
}

// atFacts are the answers to questions that depend on nothing.
var atFacts = map[string]string{
	"+CGMI": "SIMULATED", "+GMI": "SIMULATED", "+CGMM": "ATModem", "+GMM": "ATModem", "+CGMR": "Revision: 1.0 simulated", "+GMR": "1.0",
	"+CGSN": "000000000000000", "+CIMI": "001010123456789", "+CCID": `+CCID: "8901010000000000001F"`,
	"+COPS?": `+COPS: 0,0,"SIMULATED",0`,
}

func (m *ATModem) extended(upper, command string) string {
	name := atName(upper)
	if m.Telephone && strings.HasPrefix(name, "+C") {
		return "ERROR"
	}
	if fact, ok := atFacts[upper]; ok {
		m.notify(fact)
		return "OK"
	}
	_, value, _ := strings.Cut(command, "=")
	switch name {
	case "+CMEE":
		m.cmee, _ = strconv.Atoi(value)
	case "+CPIN":
		return m.pin(upper, strings.Trim(value, `"`))
	case "+CPINR":
		if m.PIN == "" {
			return m.deviceError(10, "SIM not inserted")
		}
		m.notify(fmt.Sprintf("+CPINR: SIM PIN,%d,3", 3-m.pinFailures))
	case "+CREG":
		m.notify(fmt.Sprintf("+CREG: 0,%d", m.registration()))
	case "+CSQ":
		m.notify(fmt.Sprintf("+CSQ: %d,0", map[bool]int{true: max(m.Signal, 0), false: 20}[m.Signal != 0]))
	case "+CMGF":
		m.textMode = value == "1"
	case "+CMGS":
		return m.invite(strings.Trim(value, `"`))
	case "+CNMI", "+CSDH", "+CPMS", "+CMGR", "+CMGD":
		return m.messages(name, value)
	case "+CHUP":
		if m.phase != atCommand {
			m.hangUp()
		}
	case "+CBST", "+CSCS", "+CSMP", "+CREG=0", "+CLIP":
	default:
		return "ERROR"
	}
	return "OK"
}

func (m *ATModem) registration() int {
	switch {
	case m.Searches > 0:
		m.Searches--
		return 2
	case m.Registration == 0:
		return 1
	}
	return max(m.Registration, 0)
}

// deviceError returns an error in the form that AT+CMEE has set.
func (m *ATModem) deviceError(number int, text string) string {
	switch m.cmee {
	case 1:
		return "+CME ERROR: " + strconv.Itoa(number)
	case 2:
		return "+CME ERROR: " + text
	}
	return "ERROR"
}

func (m *ATModem) pin(upper, value string) string {
	locked := m.PIN != "" && !m.opened
	switch {
	case m.NoSIM:
		return m.deviceError(10, "SIM not inserted")
	case m.SIMBusy > 0:
		m.SIMBusy--
		return m.deviceError(14, "SIM busy")
	case upper == "+CPIN?" && locked && m.pinFailures >= 3:
		m.notify("+CPIN: SIM PUK")
	case upper == "+CPIN?" && locked:
		m.notify("+CPIN: SIM PIN")
	case upper == "+CPIN?":
		m.notify("+CPIN: READY")
	case !locked:
		return m.deviceError(3, "operation not allowed")
	case m.pinFailures >= 3:
		return m.deviceError(12, "SIM PUK required")
	case value != m.PIN:
		m.pinFailures++
		m.Counts.WrongPINs++
		return m.deviceError(16, "incorrect password")
	default:
		m.opened = true
	}
	return "OK"
}
