// Package at drives a real modem by AT commands: a GSM or telephone modem on a serial line of this machine. It wakes far modems
// by a missed call or a short message, and calls them. The line itself is package usb's.
//
// It does no I/O and has no clock: bytes and times go in; bytes, times and actions come out. One operation runs at a time; each
// ends by itself, whatever the modem says or fails to say. The facts are those of ITU-T V.250 and of 3GPP TS 27.007 (cellular
// commands) and 27.005 (short messages); comments name the clause.
//
// Driver.Start begins an operation, and Driver.Feed, Driver.Tick and Driver.Carrier go on with it. Driver.ask sends a command
// and waits; Driver.commandByte collects the answer, Driver.takeLine recognises its end, and Driver.resume calls what follows.
// A byte of a data call passes through Driver.dataByte.
package at

import (
	"errors"
	"time"
)

// Driver is the dialogue with one modem, from the opening of its line on. It belongs to one goroutine at a time.
//
//	Command ──Call──► Data        by CONNECT
//	Data ──HangUp──► Command      at once; confirmed by the operation
//	Data ──────────► Command      the far end has hung up: EventEnded
type Driver struct {
	cfg Config
	now time.Time // time of the latest event; never goes back
	out Out

	op      Op     // in progress, nil if there is none
	result  Result // of op, so far
	aborted bool
	ready   bool // Init has succeeded, and nothing has gone wrong with the modem since
	verbose bool // the modem answers in words: a lone digit is no result any more

	wait     wait
	line     line
	ignoring bool // what comes in is ignored: the rest of a call, late answers
	lf       bool // a line feed that comes next belongs to CONNECT

	hangingUp bool // a call is being hung up: its bytes are counted, not delivered

	cellular   bool
	pinRefused bool // the PIN was given to the SIM and refused
	triesKnown bool // the modem has told how many attempts are left
	iccid      string

	data    bool // a data call is up: bytes pass
	carrier carrier
	held    held

	inbox inbox
}

// Out is the result of an event. DTR comes before ToModem. Data may come together with the Done of its Call, as what follows
// CONNECT at once is kept. It comes before an EventEnded.
type Out struct {
	DTR     []bool  // values to set the line "data terminal ready" to, in order
	ToModem []byte  // to be written to the modem
	Secret  bool    // ToModem contains the PIN: keep it out of logs
	Data    []byte  // from the far end of the call
	Dropped int     // bytes of a call that were not delivered, since it was being hung up
	Events  []Event // what the modem said by itself, at most maxEvents
	Done    *Done   // the operation has ended

	Messages []Message // short messages that have come in, with Config.Inbox
}

// Done is the end of an operation.
type Done struct {
	Op     Op
	Err    error // nil: it succeeded; otherwise an *Error, or ErrAborted
	Result Result
}

var (
	errRunning = errors.New("the modem is at work already")
	errInCall  = errors.New("the modem is in a call")
	errUnready = errors.New("the modem has not been initialised")
)

// New makes the driver of a modem of which nothing is known yet: Init comes first.
func New(c Config) *Driver {
	c = c.withDefaults()
	return &Driver{cfg: c, cellular: c.Kind != Telephone}
}

// Start begins an operation; Done reports its end. It is an error if the operation cannot begin, because of what is asked for
// (a number or text that cannot be sent) or because of what the modem is doing.
func (d *Driver) Start(op Op, now time.Time) (Out, error) {
	d.at(now)
	if err := d.refuse(op); err != nil {
		return d.takeOut(), err
	}
	d.op, d.result, d.aborted, d.ignoring = op, Result{}, false, false
	op.begin(d)
	return d.takeOut(), nil
}

func (d *Driver) refuse(op Op) error {
	_, init := op.(Init)
	_, hangUp := op.(HangUp)
	switch {
	case d.op != nil:
		return errRunning
	case init || hangUp:
		return nil
	case d.data:
		return errInCall
	case !d.ready:
		return errUnready
	}
	return op.check()
}

// Feed takes what the modem sent, in any pieces.
func (d *Driver) Feed(p []byte, now time.Time) Out {
	d.at(now)
	for _, c := range p {
		if d.data {
			d.dataByte(c)
			continue
		}
		d.lf = false
		d.commandByte(c)
	}
	return d.takeOut()
}

// Tick lets time pass. It is called at Due; every other method lets time pass as well.
func (d *Driver) Tick(now time.Time) Out {
	d.at(now)
	return d.takeOut()
}

// Due returns when Tick has something to do; zero: nothing is waiting.
func (d *Driver) Due() time.Time {
	first := d.wait.until
	for _, t := range []time.Time{d.held.until, d.carrier.until, d.inbox.until} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// Abort gives the operation up. Its Done comes when the modem is in command mode again, without a call: at once, or nearly so,
// if it has not dialled. A short message that has been sent to the modem is waited for. Hanging up is not given up.
func (d *Driver) Abort(now time.Time) Out {
	d.at(now)
	if _, ending := d.op.(HangUp); d.op != nil && !ending && !d.aborted {
		d.aborted = true
		if stop := d.wait.abort; stop != nil {
			d.wait = wait{}
			stop()
		}
	}
	return d.takeOut()
}

// InCall reports whether a data call is up, so that bytes pass.
func (d *Driver) InCall() bool { return d.data }

// PINRefused reports whether the SIM has refused Config.PIN. Three refusals lock it, so that PIN must never be tried again, not
// even by another driver: see Config.PINBarred.
func (d *Driver) PINRefused() bool { return d.pinRefused }

// ICCID returns the number of the SIM that wanted its PIN, "" where the modem does not tell it before that.
func (d *Driver) ICCID() string { return d.iccid }

// TriesKnown reports whether the modem has said how many attempts at the PIN are left. Then the last one is never risked.
func (d *Driver) TriesKnown() bool { return d.triesKnown }

// at moves the time forward and does what is due. A time before the latest one counts as the latest.
func (d *Driver) at(now time.Time) {
	if now.After(d.now) {
		d.now = now
	}
	if due(d.held.until, d.now) {
		d.heldLongEnough()
	}
	if due(d.carrier.until, d.now) {
		d.carrierStaysAway()
	}
	if due(d.inbox.until, d.now) {
		d.textEnds()
	}
	for due(d.wait.until, d.now) {
		d.resume(reply{code: silence, lines: d.wait.lines})
	}
}

func due(t, now time.Time) bool { return !t.IsZero() && !t.After(now) }

// finish ends the operation.
func (d *Driver) finish(err error) {
	if err == nil && d.aborted {
		err = ErrAborted
	}
	if errors.Is(err, ErrSilent) || errors.Is(err, ErrStuck) {
		d.ready = false
	}
	d.out.Done = &Done{Op: d.op, Err: err, Result: d.result}
	d.op, d.wait, d.ignoring, d.hangingUp = nil, wait{}, false, false
}

func (d *Driver) takeOut() Out {
	o := d.out
	d.out = Out{}
	return o
}
