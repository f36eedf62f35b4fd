package hayes

import "time"

// Phase is where the modem stands.
//
//	Command ─ATD─► Dialling ──Connected──► Connecting ─delay─► Online ─+++─► Escaped
//	Command ─Ring─► Ringing ─ATA, S0─► Answering ──Connected──┘   ▲────ATO────┘
//
// Each goes back to Command: by ATH or ATZ, by Failed, CarrierLost, StopRing or Dropped, and by S7.
type Phase int

// The phases.
const (
	Command    Phase = iota // no call
	Dialling                // Dial is out
	Ringing                 // a call comes in
	Answering               // Answer is out
	Connecting              // the session is there, CONNECT waits for its delay
	Online                  // data passes
	Escaped                 // commands again, the call stands: V.250's online command state
)

var phases = map[Phase]string{
	Command: "command mode", Dialling: "dialling", Ringing: "ringing", Answering: "answering",
	Connecting: "connecting", Online: "connected", Escaped: "connected, in command mode",
}

// String is the phase in words for an operator.
func (p Phase) String() string { return phases[p] }

// State is what the modem is doing.
type State struct {
	Phase Phase
	// Number is whom the program dialled, as it wrote it, or who calls; empty in Command.
	Number string
	// Since is when the phase began; zero before the first event.
	Since time.Time
}

// State tells what the modem is doing.
func (m *Modem) State() State { return State{m.phase, m.number, m.since} }

// enter is the one place where the phase changes. It stops the timer of the phase that it leaves.
func (m *Modem) enter(p Phase) {
	m.phase, m.since, m.due = p, m.now, time.Time{}
	m.pluses, m.line.pluses = 0, 0
	if p == Command {
		m.number, m.caller, m.called = "", "", false
	}
}

// calling reports whether the program waits for CONNECT.
func (m *Modem) calling() bool {
	return m.phase == Dialling || m.phase == Answering || m.phase == Connecting
}
