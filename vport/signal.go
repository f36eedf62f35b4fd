package vport

import "meterline/vport/rfc2217"

// Settings are how a program has set its port. A zero field means that the program has not set it.
type Settings = rfc2217.Settings

// Signal is what a program does to its port besides writing.
type Signal struct {
	Kind     SignalKind
	Settings Settings // SignalSettings: all of them
	On       bool     // SignalBreak, SignalDTR, SignalRTS
	Received bool     // SignalPurge: drop what has come for the program and was not read
	ToSend   bool     // SignalPurge: drop what it has written and the line has not taken yet
}

// SignalKind is the kind of a signal.
type SignalKind string

// The kinds of signals.
const (
	SignalSettings   SignalKind = "settings"
	SignalPurge      SignalKind = "purge"
	SignalBreak      SignalKind = "break"       // begins (On) or ends
	SignalBreakShort SignalKind = "short break" // a break of the usual length, which ends by itself
	SignalDTR        SignalKind = "DTR"
	SignalRTS        SignalKind = "RTS"
)

// Signaller is implemented by ports that know more of their program than its bytes.
type Signaller interface {
	// SetSignal sets the function that gets signals. nil, as at first, means that nobody gets them, and that nothing is done to
	// notice them. The function is called within Receive, between the calls of Receive's function and in order with the bytes:
	// what was written before a signal comes before it, as far as the system says. A purge drops nothing by itself: requests
	// that a program believes sent are still on their way here.
	SetSignal(f func(Signal))

	// Settings returns the settings of the program that has the port open, as of the last signal; the zero value if it has set
	// none.
	Settings() Settings
}

// ModemLines is implemented by ports that show their program the lines of a modem. DSR and CTS are always on, so that no
// program waits for them.
type ModemLines interface {
	// SetCarrier switches DCD: the modem has a session. It is off at first. SetCarrier does not wait for the program.
	SetCarrier(on bool)
	// SetRing switches RI: the emulated modem of a dial-up port rings.
	SetRing(on bool)
}

// ClientLister is implemented by ports whose programs only the port knows, not the system: a network port names the client's
// address. They have no process number.
type ClientLister interface {
	Programs() []Program
}
