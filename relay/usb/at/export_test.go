package at

// MaxEvents bounds what one Feed reports.
const MaxEvents = maxEvents

// ErrUnready refuses work before Init, ErrInCall during a call, ErrRunning during another operation.
var (
	ErrUnready = errUnready
	ErrInCall  = errInCall
	ErrRunning = errRunning
)
