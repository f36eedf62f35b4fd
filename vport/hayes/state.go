package hayes

import (
	"fmt"
	"time"
)

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

// call is the call of the present phase, and what is kept of earlier ones.
type call struct {
	phase  Phase
	since  time.Time // when the phase began
	record Call      // of the present call, as far as it has come
	why    string    // the text of +CEER
	held   []byte    // from the far modem, for when the program is on line

	voice  string // number of the voice call that was placed last; "": none
	last   Dial   // for DL
	redial bool   // last is set
}

// enter begins a phase. With Command the call is over.
func (c *call) enter(p Phase, now time.Time) {
	c.phase, c.since = p, now
	if p == Command {
		c.record = Call{}
	}
}

// begin keeps what is known of a call that begins.
func (c *call) begin(record Call) { c.record, c.why = record, noCause }

// calling reports whether the program waits for CONNECT.
func (c *call) calling() bool {
	return c.phase == Dialling || c.phase == Answering || c.phase == Connecting
}

// hold keeps p until CONNECT is sent, at most limit bytes in all, and returns how many had to be dropped. The newest bytes are
// kept: those are what the following bytes continue.
func (c *call) hold(p []byte, limit int) (dropped int) {
	dropped = max(0, len(c.held)+len(p)-limit)
	gone := min(dropped, len(c.held))
	c.held = append(c.held[gone:], p[dropped-gone:]...)
	return dropped
}

// takeHeld returns what was held, and holds nothing any more.
func (c *call) takeHeld() []byte {
	held := c.held
	c.held = nil
	return held
}

// explain sets why the call fails or ends, unless a reason is known already.
func (c *call) explain(why string) {
	if c.why == noCause {
		c.why = why
	}
}

// activity returns the state of +CPAS (27.007, 8.1): 0 for ready, 3 for ringing, 4 for a call.
func (c *call) activity() int {
	switch {
	case c.phase == Ringing:
		return 3
	case c.phase == Command && c.voice == "":
		return 0
	}
	return 4
}

// list returns the only call that there can be, for +CLCC (27.007, 7.18): id, direction, state (0 active, 2 dialling, 4
// incoming), kind (0 voice, 1 data). It is empty if there is none.
func (c *call) list() string {
	number, dir, state, kind := c.record.Number, 0, 0, 1
	switch c.phase {
	case Command:
		if c.voice == "" {
			return ""
		}
		number, state, kind = c.voice, 2, 0
	case Ringing, Answering:
		state = 4
	case Dialling, Connecting:
		state = 2
	}
	if c.record.Incoming {
		dir = 1
	}
	number = printable(number, 80)
	return fmt.Sprintf(`+CLCC: 1,%d,%d,%d,0,"%s",%s`, dir, state, kind, number, numberType(number))
}

// State returns what the modem is doing.
func (m *Modem) State() State { return State{m.call.phase, m.call.record.Number, m.call.since} }

// enter is the one place where the phase changes. It stops the timer of the phase that it leaves.
func (m *Modem) enter(p Phase) {
	m.due = time.Time{}
	m.escape.held, m.line.pluses = 0, 0
	if p == Command && m.call.phase != Command {
		m.out.drop(DropHungUp, len(m.call.takeHeld()))
		m.call.record.Ended = m.now
		m.out.Calls = append(m.out.Calls, m.call.record)
	}
	m.call.enter(p, m.now)
}
