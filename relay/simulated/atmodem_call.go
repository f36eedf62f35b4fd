package simulated

import (
	"bytes"
	"strings"
	"time"

	"meterline/relay/simulated/meters"
)

// dial does ATD; a semicolon makes it a voice call.
func (m *ATModem) dial(number string) string {
	if m.phase != atCommand {
		return "ERROR"
	}
	number, voice := strings.CutSuffix(number, ";")
	m.number = strings.TrimLeft(number, "TPtp")
	var known bool
	m.subscriber, known = m.Numbers[m.number]
	if !m.Telephone && m.registration() != 1 && m.registration() != 5 {
		return "NO CARRIER"
	}
	if voice {
		return m.ring(known)
	}
	m.Counts.DataCalls++
	if m.OnDial != nil {
		m.OnDial(m.number)
	}
	if !known {
		m.subscriber.Result = "NO CARRIER"
	}
	m.enter(atDialling)
	if m.subscriber.Result != "-" {
		m.resultAt = m.now.Add(m.connectAfter())
	}
	return "-"
}

func (m *ATModem) ring(known bool) string {
	m.Counts.VoiceCalls++
	m.enter(atVoice)
	if !known {
		m.subscriber.Voice = "NO CARRIER"
	}
	if m.subscriber.Voice != "" {
		m.resultAt = m.now.Add(m.subscriber.After)
	}
	return "OK"
}

// dialled ends the dialling, or a voice call that the other side ends.
func (m *ATModem) dialled() {
	switch {
	case m.phase == atVoice:
		m.voiceEnded()
		m.result(m.subscriber.Voice)
	case m.phase != atDialling:
	case m.subscriber.Result == "":
		m.result("CONNECT 9600")
		m.connect()
		m.out.Put(m.subscriber.First, m.now.Add(m.Delay))
	default:
		m.enter(atCommand)
		m.result(m.subscriber.Result)
	}
}

func (m *ATModem) voiceEnded() {
	rang := m.now.Sub(m.since)
	m.enter(atCommand)
	if m.OnRing != nil {
		m.OnRing(m.number, rang)
	}
}

func (m *ATModem) connect() {
	m.enter(atData)
	m.lastData = m.now
	if m.meter = m.subscriber.Meter; m.meter == nil {
		m.meter = meters.NewEcho()
	}
}

// hangUp ends any call from this side.
func (m *ATModem) hangUp() {
	m.Counts.Hangups++
	if m.phase == atVoice {
		m.voiceEnded()
		return
	}
	m.enter(atCommand)
}

// takeData passes a byte to the meter, unless it belongs to an escape.
func (m *ATModem) takeData(c byte) {
	quiet := m.now.Sub(m.lastData) >= m.guard()
	if c == '+' && !m.Deaf && (m.pluses == 0 && quiet || m.pluses > 0 && m.pluses < 3) {
		if m.pluses++; m.pluses == 3 {
			m.escapeAt = m.now.Add(m.guard())
		}
		return
	}
	p := append(bytes.Repeat([]byte("+"), m.pluses), c)
	m.pluses, m.escapeAt, m.lastData = 0, time.Time{}, m.now
	m.print(m.meter.Feed(p, m.now))
}

// FarHangUp ends the call from the other side.
func (m *ATModem) FarHangUp(now time.Time) {
	m.at(now)
	if m.phase == atData || m.phase == atEscaped {
		m.enter(atCommand)
		m.result("NO CARRIER")
	}
}
