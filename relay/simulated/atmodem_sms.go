package simulated

import "strconv"

// invite is the first half of +CMGS.
func (m *ATModem) invite(number string) string {
	switch {
	case m.NoSIM:
		return "+CMS ERROR: 310"
	case !m.textMode:
		return "+CMS ERROR: 304"
	case m.registration() != 1 && m.registration() != 5:
		return "+CMS ERROR: 331"
	}
	m.smsNumber = number
	m.enter(atText)
	m.out.Put([]byte("\r\n> "), m.now.Add(m.Delay))
	return "-"
}

// takeText collects a short message up to Ctrl-Z; ESC gives it up.
func (m *ATModem) takeText(c byte) {
	if m.echo {
		m.say([]byte{c})
	}
	switch c {
	case 0x1b:
		m.enter(atCommand)
		m.result("OK")
	case 0x1a:
		text := string(m.line)
		m.enter(atCommand)
		if result, refused := m.Refuse["text"]; refused {
			m.result(result)
			return
		}
		m.Counts.Messages++
		m.reference++
		m.inform("+CMGS: " + strconv.Itoa(m.reference))
		m.result("OK")
		m.replies()
		if m.OnSMS != nil {
			m.OnSMS(m.smsNumber, text)
		}
	default:
		if len(m.line) < 400 {
			m.line = append(m.line, c)
		}
	}
}
