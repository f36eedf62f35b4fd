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

// deviceErrors are the texts of +CME ERROR (27.007, 9.2) that an operator may meet.
var deviceErrors = map[int]string{
	0: "phone failure", 1: "no connection to the phone", 3: "operation not allowed", 4: "operation not supported",
	5: "PH-SIM PIN required", 10: "SIM not inserted", 11: "SIM PIN required", 12: "SIM PUK required", 13: "SIM failure",
	14: "SIM busy", 15: "SIM wrong", 16: "incorrect password", 17: "SIM PIN2 required", 18: "SIM PUK2 required",
	20: "memory full", 21: "invalid index", 22: "not found", 23: "memory failure", 24: "text string too long",
	25: "invalid characters in text string", 26: "dial string too long", 27: "invalid characters in dial string",
	30: "no network service", 31: "network timeout", 32: "network not allowed, emergency calls only",
	40: "network personalisation PIN required", 50: "incorrect parameters", 100: "unknown error",
	103: "illegal mobile station", 106: "illegal mobile equipment", 111: "network not allowed here",
	112: "location area not allowed", 113: "roaming not allowed here", 132: "service not supported",
	133: "service not subscribed", 134: "service out of order", 148: "unspecified error",
}

// messageErrors are the texts of +CMS ERROR: causes of 3GPP TS 24.011, annex E, below 128; of 23.040, 9.2.3.22, up to 255; and
// of 27.005, 3.2.5, above.
var messageErrors = map[int]string{
	1: "unassigned number", 8: "barred by the operator", 10: "call barred", 17: "network failure",
	21: "short message transfer rejected", 22: "memory of the receiver full", 27: "destination out of service",
	28: "unidentified subscriber", 29: "facility rejected", 30: "unknown subscriber", 38: "network out of order",
	41: "temporary failure", 42: "congestion", 47: "resources unavailable", 50: "facility not subscribed",
	69: "facility not implemented", 95: "invalid message", 96: "invalid mandatory information",
	111: "protocol error", 127: "interworking error",
	192: "message service centre busy", 195: "invalid short message service centre", 208: "SIM storage full",
	300: "phone failure", 301: "message service reserved", 302: "operation not allowed", 303: "operation not supported",
	304: "invalid PDU mode parameter", 305: "invalid text mode parameter", 310: "SIM not inserted", 311: "SIM PIN required",
	313: "SIM failure", 314: "SIM busy", 315: "SIM wrong", 316: "SIM PUK required", 320: "memory failure",
	322: "memory full", 330: "message service centre address unknown: set it by AT+CSCA", 331: "no network service",
	332: "network timeout", 340: "no acknowledgement expected", 500: "unknown error",
}
