package relay

import "errors"

// Causes of a session's end. What the network itself says (io.EOF, ECONNRESET, ETIMEDOUT) is passed on as it is.
var (
	ErrHungUp    = errors.New("the modem hung up")
	ErrDisplaced = errors.New("displaced by a newer session of the same modem")
	ErrRefused   = errors.New("the session was refused")
	ErrKicked    = errors.New("ended by the operator")
	ErrShutdown  = errors.New("meterline is shutting down")
	ErrRemoved   = errors.New("the modem was changed or taken out of the configuration")
	ErrLinger    = errors.New("no program has needed the modem for the linger time")
	ErrSilence   = errors.New("the modem was silent for longer than its limit")
)
