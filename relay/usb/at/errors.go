package at

import "errors"

// Kinds of failure, with what the operator may do about each. An *Error wraps one of them.
var (
	ErrSilent        = errors.New("the modem does not answer: is it switched on, is this its command port, is the speed right?")
	ErrStuck         = errors.New("the modem cannot be brought back from a call: pull it out and plug it in again")
	ErrNoSIM         = errors.New("no SIM card: put one in")
	ErrSIM           = errors.New("the SIM card does not work: clean or replace it")
	ErrPINWanted     = errors.New("the SIM card wants a PIN: give it in the configuration, or switch it off in a telephone")
	ErrPINRefused    = errors.New("the SIM card has refused the PIN: it is not tried again, since three refusals lock the card; correct it, or see meterline usb --help")
	ErrPINRisk       = errors.New("the SIM card has refused a PIN before, and one more would lock it: it is not tried; enter the right one in a telephone, then meterline usb --forget-pin")
	ErrPINUnsaved    = errors.New("the SIM card's PIN is not given to it: the modem does not tell how many attempts are left, and a refusal could not be remembered")
	ErrPUKWanted     = errors.New("the SIM card is locked: it wants its PUK, in a telephone")
	ErrNotRegistered = errors.New("not registered in a network: check the antenna, the place, and whether the SIM card is active")
	ErrDenied        = errors.New("the network denies registration: ask the operator whether the SIM card is active and paid for")
	ErrWeakSignal    = errors.New("the signal is too weak: check the antenna and its place")
	ErrRefused       = errors.New("the modem has refused")
	ErrNoBearer      = errors.New("no data calls with this modem or network: most operators have ended CSD, and LTE never had it")
	ErrNetwork       = errors.New("the network has refused")
	ErrNoDialTone    = errors.New("no dial tone: check the telephone cable")
	ErrBusy          = errors.New("the number called is busy")
	ErrNoCarrier     = errors.New("no connection came about: the far modem did not answer with data, or cannot be reached")
	ErrNotAnswered   = errors.New("the number called does not answer")
	ErrTimeout       = errors.New("no connection came about in time")
	ErrAborted       = errors.New("given up on request")
)

// Error is a failed operation.
type Error struct {
	Doing string // "calling +79161234567"
	Step  string // the command that failed, without secrets; may be empty
	Kind  error  // one of the kinds above
	Said  string // what the modem said, in words; may be empty
}

// Error names the operation, the command, the kind, and the modem's own words.
func (e *Error) Error() string {
	s := e.Doing + ": "
	if e.Step != "" {
		s += e.Step + ": "
	}
	s += e.Kind.Error()
	if e.Said != "" {
		s += " (" + e.Said + ")"
	}
	return s
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

func (d *Driver) failure(kind error, step, said string) error {
	return &Error{Doing: d.op.String(), Step: step, Kind: kind, Said: said}
}

// fail ends the operation because of what the modem answered to step. kind is the failure if the answer says no more than
// ERROR.
func (d *Driver) fail(step string, r reply, kind error) {
	d.finish(d.failure(r.kind(kind), step, r.words()))
}
