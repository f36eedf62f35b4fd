package modem

import (
	"time"

	"meterline/vport"
)

// Client is who may have a modem's lease: a port, a call from a dial-up port, a probe. Deliver and StateChanged are called without the
// modem's mutex. The others are called with it: they only look and count, and never wait, log, or call the modem.
type Client interface {
	// Name is how operators know it.
	Name() string
	// Deliver hands over bytes of the modem, and waits while they are not taken. It returns how many were taken, and the
	// reason for which the rest was dropped, which it has counted.
	Deliver(b []byte) (n int, reason string)
	// Dropped counts n bytes that did not get to the modem.
	Dropped(reason string, n int)
	// Present reports whether the program that wrote last is still there.
	Present() bool
	// Interrupt sets a deadline for Deliver, also for one in progress. The zero time removes it.
	Interrupt(t time.Time)
	// StateChanged is called when the modem's state may have changed, with the state at that time. Calls never overlap.
	StateChanged(v View)
}

// Program is a Client that knows about the program that uses it. Its methods are called with the modem's mutex held, as Client's are.
type Program interface {
	// Open reports whether a program has a leased port open, with or without the lease.
	Open() bool
	// Wants reports whether the program alone is reason enough for a session on demand.
	Wants() bool
	// Over reports whether the client's call has ended, although it has not given the lease back yet.
	Over() bool
	// Settings are the program's settings that concern the far serial port; zero if they are not known.
	Settings() vport.Settings
}

// CatchUpper is a Client that can be read from another goroutine than its own, when that is late. The caller does not hold the modem's
// mutex.
type CatchUpper interface {
	// CatchUp sends what the program has written and nobody has read yet.
	CatchUp()
	// DeliverUnread is Deliver, unless it returns vport.ErrUnread, or vport.ErrUnsupported: then nothing has been handed over.
	// See vport.UnreadWriter for fresh and written.
	DeliverUnread(b []byte, fresh func() bool, written func()) (n int, reason string, err error)
}

// View is a modem's state as one of its clients sees it.
type View struct {
	Modem    string // its name
	Session  bool   // it has one
	OnOpen   bool   // its sessions are had on demand
	Holder   Client // who has the lease, nil if there is nobody
	Clearing bool   // the client's program has left, and its tail is on its way
}
