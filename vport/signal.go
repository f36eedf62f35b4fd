package vport

import "meterline/vport/rfc2217"

// Settings are how a program has set its port; zero is what it has said nothing of.
type Settings = rfc2217.Settings

// Signal is what a program does to its port besides writing.
type Signal struct {
	Kind     SignalKind
	Settings Settings // SignalSettings: all of them
	On       bool     // SignalBreak, SignalDTR, SignalRTS
	Received bool     // SignalPurge: what has come for the program and not been read
	ToSend   bool     // SignalPurge: what it has written and the line has not yet taken
}

// SignalKind is what a signal is about.
type SignalKind string

// The kinds of signals.
const (
	SignalSettings   SignalKind = "settings"
	SignalPurge      SignalKind = "purge"
	SignalBreak      SignalKind = "break"       // On: it begins; not On: it ends
	SignalBreakShort SignalKind = "short break" // one of the usual length, which ends by itself
	SignalDTR        SignalKind = "DTR"
	SignalRTS        SignalKind = "RTS"
)

// Signaller is implemented by ports that know more of their program than its bytes.
type Signaller interface {
	// SetSignal says who is told of signals; nil, as at first: nobody, and what noticing them takes is not done. The calls come
	// from within Receive, between its function's calls and in order with the bytes: what was written before a signal has been
	// handed over before it, as far as the system tells.
	// A purge drops nothing by itself: requests that a program believes sent are still on their way here.
	SetSignal(f func(Signal))

	// Settings are those of the program that has the port open, as of the last signal; the zero value if it has set none.
	Settings() Settings
}

// ModemLines is implemented by ports that show their program the lines of a modem. DSR and CTS are always on, so that no program
// waits for them.
type ModemLines interface {
	// SetCarrier switches DCD: the modem has a session. It is off at first, and does not wait for the program.
	SetCarrier(on bool)
	// SetRing switches RI: the emulated modem of a dial-up port rings.
	SetRing(on bool)
}

// Visited is implemented by ports whose programs the system does not know, and that know them themselves: a network port names
// the client's address. They have no process number.
type ClientLister interface {
	Programs() []Program
}
