package at

// The tests that simulate modems by package relaytest stand outside of this package, which that one uses by way of relay.

// MaxEvents bounds what one Feed reports.
const MaxEvents = maxEvents

// ErrUnready refuses work before Init, ErrInCall during a call, ErrRunning during another operation.
var (
	ErrUnready = errUnready
	ErrInCall  = errInCall
	ErrRunning = errRunning
)
