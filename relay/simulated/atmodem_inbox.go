package simulated

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// ATReply is a simulated far modem's answer, by text message, to a text message.
type ATReply struct {
	Text  string
	From  string        // the number that it comes from; empty: the number that was written to
	After time.Duration // counted from the message
}

// atInbox is the part of a modem that receives text messages.
type atInbox struct {
	mode    int            // <mt> of +CNMI: 0 nothing is reported, 1 stored and reported, 2 handed over
	details bool           // +CSDH=1
	stored  map[int]string // what +CMGR shows, by index
	coming  []atComing     // on their way
}

type atComing struct {
	at         time.Time
	from, text string
}

// Stored returns how many messages are in the modem's store.
func (m *ATModem) Stored() int { return len(m.inbox.stored) }

// Receive lets a text message come in.
func (m *ATModem) Receive(from, text string, now time.Time) {
	m.at(now)
	m.inbox.coming = append(m.inbox.coming, atComing{now, from, text})
	m.deliver()
}

// replies sends off the answer of the subscriber that a message was sent to.
func (m *ATModem) replies() {
	for number, s := range m.Numbers {
		if r := s.Reply; r != nil && number == m.smsNumber {
			from := r.From
			if from == "" {
				from = number
			}
			m.inbox.coming = append(m.inbox.coming, atComing{m.now.Add(r.After), from, r.Text})
		}
	}
}

// deliver lets due messages come in. While a call has the line, none does.
func (m *ATModem) deliver() {
	for i := 0; i < len(m.inbox.coming); {
		c := m.inbox.coming[i]
		if m.now.Before(c.at) || m.phase == atData || m.phase == atText {
			i++
			continue
		}
		m.inbox.coming = append(m.inbox.coming[:i], m.inbox.coming[i+1:]...)
		m.receive(c.from, c.text)
	}
}

// nextComing returns when the next message that can comes in.
func (m *ATModem) nextComing() (next time.Time) {
	if m.phase == atData || m.phase == atText {
		return next
	}
	for _, c := range m.inbox.coming {
		next = earliest(next, c.at)
	}
	return next
}

func (m *ATModem) receive(from, text string) {
	head, body := m.shown(from, text)
	switch m.inbox.mode {
	case 2:
		m.notify("+CMT: " + head + "\r\n" + body)
	case 1:
		m.notify(`+CMTI: "SM",` + strconv.Itoa(m.store(`"REC UNREAD",`+head, body)))
	default:
		m.store(`"REC UNREAD",`+head, body)
	}
}

// store keeps a message in the first free place.
func (m *ATModem) store(head, body string) int {
	if m.inbox.stored == nil {
		m.inbox.stored = make(map[int]string)
	}
	i := 1
	for m.inbox.stored[i] != "" {
		i++
	}
	m.inbox.stored[i] = "+CMGR: " + head + "\r\n" + body
	return i
}

// shown returns a message in text mode: its header, and its text, in hexadecimal digits if it is not ASCII.
func (m *ATModem) shown(from, text string) (head, body string) {
	head, dcs, length, body := fmt.Sprintf(`"%s",,"26/03/01,12:00:00+12"`, from), 0, len(text), text
	if strings.IndexFunc(text, func(r rune) bool { return r > '~' }) >= 0 {
		units := utf16.Encode([]rune(text))
		octets := make([]byte, 0, 2*len(units))
		for _, u := range units {
			octets = append(octets, byte(u>>8), byte(u))
		}
		dcs, length, body = 8, len(octets), strings.ToUpper(hex.EncodeToString(octets))
	}
	if m.inbox.details {
		head += fmt.Sprintf(`,145,4,0,%d,"+70000000000",145,%d`, dcs, length)
	}
	return head, body
}

// messages does the commands for incoming messages.
func (m *ATModem) messages(name, value string) string {
	switch name {
	case "+CNMI":
		f := strings.Split(value, ",")
		if len(f) < 2 || m.OnlyStores && f[1] == "2" {
			return "+CMS ERROR: 303"
		}
		m.inbox.mode, _ = strconv.Atoi(f[1])
	case "+CSDH":
		m.inbox.details = value == "1"
	case "+CPMS":
	case "+CMGR", "+CMGD":
		i, _ := strconv.Atoi(value)
		shown := m.inbox.stored[i]
		switch {
		case shown == "":
			return "+CMS ERROR: 321"
		case name == "+CMGD":
			delete(m.inbox.stored, i)
		default:
			m.notify(shown)
		}
	}
	return "OK"
}

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
		m.print([]byte{c})
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
		m.notify("+CMGS: " + strconv.Itoa(m.reference))
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
