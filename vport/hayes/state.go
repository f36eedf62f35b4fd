package hayes

import "time"

// Phase is the phase of a call that the modem is in.
//
//	Command ─ATD─► Dialling ──Connected──► Connecting ─delay─► Online ─+++─► Escaped
//	Command ─Ring─► Ringing ─ATA, S0─► Answering ──Connected──┘   ▲────ATO────┘
//
// Each returns to Command: by ATH or ATZ, by Failed, CarrierLost, StopRing or Dropped, and by S7.
type Phase int

// The phases.
const (
	Command    Phase = iota // no call
	Dialling                // Dial was asked for
	Ringing                 // a call comes in
	Answering               // Answer was asked for
	Connecting              // the session is up, CONNECT waits for its delay
	Online                  // data passes
	Escaped                 // commands again while the call is up: V.250's online command state
)

var phases = map[Phase]string{
	Command: "command mode", Dialling: "dialling", Ringing: "ringing", Answering: "answering",
	Connecting: "connecting", Online: "connected", Escaped: "connected, in command mode",
}

// String returns the phase in words for an operator.
func (p Phase) String() string { return phases[p] }

// State is what the modem is doing.
type State struct {
	Phase Phase
	// Number is the number that the program dialled, as it wrote it, or the caller's; empty in Command.
	Number string
	// Since is when the phase began; zero before the first event.
	Since time.Time
}

// State returns what the modem is doing.
func (m *Modem) State() State { return State{m.phase, m.number, m.since} }

// enter is the one place where the phase changes. It stops the timer of the phase that it leaves.
func (m *Modem) enter(p Phase) {
	m.keepRecord(p)
	m.phase, m.since, m.due = p, m.now, time.Time{}
	m.escape.held, m.line.pluses = 0, 0
	if p == Command {
		m.number, m.caller, m.called = "", "", false
	}
}

// keepRecord completes the record of a call that is connected or over with phase p.
func (m *Modem) keepRecord(p Phase) {
	switch {
	case p == Online && m.record.Connected.IsZero():
		m.record.Connected, m.record.Result = m.now, m.reply.connectText()
	case p == Command && m.phase != Command:
		m.record.Ended = m.now
		m.out.Calls = append(m.out.Calls, m.record)
		m.record = Call{}
	}
}

// calling reports whether the program waits for CONNECT.
func (m *Modem) calling() bool {
	return m.phase == Dialling || m.phase == Answering || m.phase == Connecting
}
