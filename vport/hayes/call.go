package hayes

import (
	"strings"
	"time"
)

// The texts of +CEER (27.007, 6.10: the maker chooses them).
const (
	noCause   = "no cause information available"
	normalEnd = "normal call clearing"
	farEnd    = "the far end ended the call"
)

var causes = map[Result]string{
	NoCarrier: "the number could not be reached", Busy: "user busy", NoAnswer: "no answer from user",
	NoDialtone: "no service", Error: "call refused",
}

// place makes a call. One that is up is ended first.
func (m *Modem) place(d Dial) {
	m.hangUp("another number was dialled")
	m.out.act(d)
	if d.Voice {
		m.call.voice, m.call.why = printable(d.Number, 80), noCause
		m.out.Calls = append(m.out.Calls, Call{Dial: d, Number: d.Shown(), Result: ok.String(), Began: m.now, Ended: m.now})
		return
	}
	if d.Number != "" {
		m.call.last, m.call.redial = d, true
	}
	m.enter(Dialling)
	m.call.begin(Call{Dial: d, Number: d.Shown(), Began: m.now})
	m.due = m.now.Add(m.mem.wait())
}

// Connected is called when the session that was dialled or answered is up. CONNECT follows after the configured delay, and then
// what the far modem has sent so far.
func (m *Modem) Connected(now time.Time) Out {
	m.at(now)
	if m.call.phase == Dialling || m.call.phase == Answering {
		m.enter(Connecting)
		m.due = m.now.Add(m.cfg.ConnectDelay)
	}
	return m.out.take()
}

func (m *Modem) connect() {
	m.enter(Online)
	m.call.record.Connected, m.call.record.Result = m.now, m.reply.connectText()
	m.line.connected()
	m.reply.result(connect)
	m.out.fromLine(m.call.takeHeld())
}

// Failed is called when the call has failed: Busy, NoCarrier, NoAnswer, NoDialtone or Error, shown as far as the X level
// permits. Anything else counts as NoCarrier. A call that is up is ended as by CarrierLost; without a call nothing happens.
func (m *Modem) Failed(r Result, now time.Time) Out {
	m.at(now)
	switch {
	case m.call.calling():
		m.fail(r)
	default:
		m.carrierLost()
	}
	return m.out.take()
}

// UnknownNumber is Failed for a number that nobody has, with the result that S90 selects.
func (m *Modem) UnknownNumber(now time.Time) Out {
	m.at(now)
	if m.call.calling() {
		m.call.explain("unassigned number")
		m.fail(Result(m.mem.regs[unknownNumber]))
	}
	return m.out.take()
}

func (m *Modem) fail(r Result) {
	if _, ok := causes[r]; !ok {
		r = NoCarrier
	}
	m.call.explain(causes[r])
	m.call.record.Result, m.call.record.Why = m.reply.permitted(r).String(), m.call.why
	m.enter(Command)
	m.reply.result(r)
}

// timedOut is called when the time of S7 has passed (V.250, 6.3.10).
func (m *Modem) timedOut() {
	m.out.act(HangUp{"nothing answered within S7"})
	m.fail(m.cfg.TimedOut)
}

// Why sets why the call fails or ends, in few words, before the event itself. +CEER shows it until the next call.
func (m *Modem) Why(text string) {
	if text = printable(text, 200); text != "" {
		m.call.why = text
	}
}

// CarrierLost is called when the session has ended, after FromLine got everything that it brought; NO CARRIER follows. Bytes
// held for a program that has not seen CONNECT, or has escaped, are dropped: in command mode they would be taken for answers.
func (m *Modem) CarrierLost(now time.Time) Out {
	m.at(now)
	m.carrierLost()
	return m.out.take()
}

func (m *Modem) carrierLost() {
	switch m.call.phase {
	case Command:
		m.call.voice = ""
	case Ringing:
		m.stopRing()
	case Online, Escaped:
		m.call.explain(farEnd)
		m.out.drop(DropEnded, m.escape.held)
		m.call.record.Why = m.call.why
		m.enter(Command)
		m.reply.result(NoCarrier)
	default:
		m.fail(NoCarrier)
	}
}

// hangUp ends any call from this side, without a result for the program.
func (m *Modem) hangUp(why string) {
	if m.call.phase == Command && m.call.voice == "" {
		return
	}
	m.out.toLine(m.escape.tail())
	m.out.act(HangUp{why})
	m.call.voice, m.call.why, m.call.record.Why = "", normalEnd, why
	m.enter(Command)
}

// abortCall ends an attempt at a call because the program wants it: NO CARRIER (V.250, 6.3.1).
func (m *Modem) abortCall(why string) {
	m.call.record.Result = NoCarrier.String()
	m.hangUp(why)
	m.reply.result(NoCarrier)
}

// Ring is called when a call comes in. It sends RING, and +CLIP if the program asked for it, until ATA or S0 answers the call,
// ATH refuses it, or StopRing ends it. It does nothing unless the phase is Command. An unknown caller is "".
func (m *Modem) Ring(caller string, now time.Time) Out {
	m.at(now)
	if m.call.phase == Command {
		m.enter(Ringing)
		m.call.begin(Call{Number: printable(caller, 80), Incoming: true, Result: ring.String(), Began: m.now})
		m.mem.regs[1] = 0
		m.ring()
	}
	return m.out.take()
}

// ring rings once, and answers if S0 says so (V.250, 6.3.8), but not for a program that has left.
func (m *Modem) ring() {
	m.mem.regs[1] = min(m.mem.regs[1], 254) + 1
	if m.mem.param("+CRC") == "1" {
		m.reply.text("+CRING: REL ASYNC") // 27.007, 6.11
	} else {
		m.reply.result(ring)
	}
	if number := m.call.record.Number; m.mem.param("+CLIP") == "1" && number != "" { // 27.007, 7.6: after each RING
		m.reply.text(`+CLIP: "` + number + `",` + numberType(number))
	}
	if s0 := m.mem.regs[0]; s0 > 0 && m.mem.regs[1] >= s0 && m.program {
		m.answer()
		return
	}
	m.due = m.now.Add(m.cfg.RingEvery)
}

func (m *Modem) answer() {
	m.call.voice = ""
	m.out.act(Answer{})
	m.enter(Answering)
	m.due = m.now.Add(m.mem.wait())
}

// StopRing is called when the caller has given up, or somebody else has answered the call.
func (m *Modem) StopRing(now time.Time) Out {
	m.at(now)
	if m.call.phase == Ringing {
		m.stopRing()
	}
	return m.out.take()
}

func (m *Modem) stopRing() {
	m.call.record.Why = "not answered"
	m.enter(Command)
}

// numberType returns 145 for an international number, 129 otherwise (TS 24.008, 10.5.4.7).
func numberType(number string) string {
	if strings.HasPrefix(number, "+") {
		return "145"
	}
	return "129"
}

// printable returns at most limit bytes of text, without quotes and control characters.
func printable(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	return strings.ToValidUTF8(text[:min(len(text), limit)], "")
}
