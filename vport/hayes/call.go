package hayes

import (
	"strings"
	"time"
)

// What +CEER tells (27.007, 6.10: text that the maker chooses).
const (
	noCause   = "no cause information available"
	normalEnd = "normal call clearing"
	farEnd    = "the far end ended the call"
)

var causes = map[Result]string{
	NoCarrier: "the number could not be reached", Busy: "user busy", NoAnswer: "no answer from user",
	NoDialtone: "no service", Error: "call refused",
}

// Connected says that the session that was dialled or answered is truly there. CONNECT follows after the configured
// delay, then what the far modem has sent so far.
func (m *Modem) Connected(now time.Time) Out {
	m.at(now)
	if m.phase == Dialling || m.phase == Answering {
		m.enter(Connecting)
		m.due = m.now.Add(m.cfg.ConnectDelay)
	}
	return m.takeOut()
}

func (m *Modem) connect() {
	m.enter(Online)
	m.crlf = m.crlf && m.lf.IsZero()
	m.lf = time.Time{} // a line feed behind ATD came before CONNECT; from here on it is data
	m.result(connect)
	m.letGo()
}

// Failed says that the call did not come about: Busy, NoCarrier, NoAnswer, NoDialtone or Error, shown as the X level
// permits. Anything else counts as NoCarrier. A call that stands is ended as by CarrierLost; without one nothing happens.
func (m *Modem) Failed(r Result, now time.Time) Out {
	m.at(now)
	switch {
	case m.calling():
		m.fail(r)
	default:
		m.carrierLost()
	}
	return m.takeOut()
}

// UnknownNumber is Failed for a number that nobody has, with the result that S90 says.
func (m *Modem) UnknownNumber(now time.Time) Out {
	m.at(now)
	if m.calling() {
		if m.why == noCause {
			m.why = "unassigned number"
		}
		m.fail(Result(m.set.regs[unknownNumber]))
	}
	return m.takeOut()
}

func (m *Modem) fail(r Result) {
	if _, ok := causes[r]; !ok {
		r = NoCarrier
	}
	if m.why == noCause {
		m.why = causes[r]
	}
	m.forget()
	m.enter(Command)
	m.result(r)
}

// timedOut is S7 running out (V.250, 6.3.10).
func (m *Modem) timedOut() {
	m.act(HangUp{"nothing answered within S7"})
	m.fail(m.cfg.TimedOut)
}

// Why says in few words why the call fails or ends, before the event itself: +CEER tells it until the next call.
func (m *Modem) Why(text string) {
	if text = printable(text, 200); text != "" {
		m.why = text
	}
}

// CarrierLost says that the session has ended. Give what it brought to FromLine before; NO CARRIER follows it. What was
// held for a program that has not seen CONNECT, or has escaped, is dropped: in command mode it would be taken for answers.
func (m *Modem) CarrierLost(now time.Time) Out {
	m.at(now)
	m.carrierLost()
	return m.takeOut()
}

func (m *Modem) carrierLost() {
	switch m.phase {
	case Command:
		m.voice = ""
	case Ringing:
		m.stopRing()
	case Online, Escaped:
		if m.why == noCause {
			m.why = farEnd
		}
		m.drop(DropEnded, m.pluses)
		m.forget()
		m.enter(Command)
		m.result(NoCarrier)
	default:
		m.fail(NoCarrier)
	}
}

// hangUp ends whatever call there is, from this side, and says nothing to the program.
func (m *Modem) hangUp(why string) {
	if m.phase == Command && m.voice == "" {
		return
	}
	m.releaseTail()
	m.forget()
	m.act(HangUp{why})
	m.voice, m.why = "", normalEnd
	m.enter(Command)
}

// abort ends an attempt at a call because the program wants so: NO CARRIER (V.250, 6.3.1).
func (m *Modem) abort(why string) {
	m.hangUp(why)
	m.result(NoCarrier)
}

// Ring says that a call comes in: RING, and +CLIP where the program asked for it, until it is answered by ATA or S0,
// refused by ATH, or StopRing ends it. It is ignored unless the phase is Command. A caller that is not known is "".
func (m *Modem) Ring(caller string, now time.Time) Out {
	m.at(now)
	if m.phase == Command {
		m.enter(Ringing)
		m.caller, m.number, m.called = printable(caller, 80), printable(caller, 80), true
		m.why = noCause
		m.set.regs[1] = 0
		m.ring()
	}
	return m.takeOut()
}

// ring rings once, and answers where S0 says so (V.250, 6.3.8), but not for a program that has left.
func (m *Modem) ring() {
	m.set.regs[1] = min(m.set.regs[1], 254) + 1
	if m.param("+CRC") == "1" {
		m.text("+CRING: REL ASYNC") // 27.007, 6.11
	} else {
		m.result(ring)
	}
	if m.param("+CLIP") == "1" && m.caller != "" { // 27.007, 7.6: behind each RING
		m.text(`+CLIP: "` + m.caller + `",` + numberType(m.caller))
	}
	if s0 := m.set.regs[0]; s0 > 0 && m.set.regs[1] >= s0 && m.program {
		m.answer()
		return
	}
	m.due = m.now.Add(m.cfg.RingEvery)
}

func (m *Modem) answer() {
	m.voice = ""
	m.act(Answer{})
	m.enter(Answering)
	m.due = m.now.Add(m.wait())
}

// StopRing says that the caller has given up, or that somebody else took the call.
func (m *Modem) StopRing(now time.Time) Out {
	m.at(now)
	if m.phase == Ringing {
		m.stopRing()
	}
	return m.takeOut()
}

func (m *Modem) stopRing() {
	m.forget()
	m.enter(Command)
}

// numberType is 145 for an international number, 129 otherwise (TS 24.008, 10.5.4.7).
func numberType(number string) string {
	if strings.HasPrefix(number, "+") {
		return "145"
	}
	return "129"
}

// printable is text without quotes and control characters, at most limit bytes.
func printable(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	return strings.ToValidUTF8(text[:min(len(text), limit)], "")
}
