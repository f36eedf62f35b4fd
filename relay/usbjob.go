package relay

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"meterline/relay/at"
)

// job is one thing to be done with a plugged-in modem.
type job struct {
	op    at.Op
	stop  <-chan struct{} // nobody waits for it any more
	taken atomic.Bool     // either by the outcome, or by who gave up waiting
	done  chan usbOutcome // of capacity one
}

type usbOutcome struct {
	result at.Result
	call   *modemConn
	err    error
}

// deliver ends the job. False: nobody waits for the outcome, and a call must be ended.
func (j *job) deliver(o usbOutcome) bool {
	if !j.taken.CompareAndSwap(false, true) {
		return false
	}
	j.done <- o
	return true
}

// do has an operation done. When ctx ends it returns at once; the modem goes on until it is at rest.
func (m *USBModem) do(ctx context.Context, op at.Op) (usbOutcome, error) {
	j := &job{op: op, stop: ctx.Done(), done: make(chan usbOutcome, 1)}
	if err := m.claim(j); err != nil {
		return usbOutcome{}, err
	}
	var o usbOutcome
	select {
	case o = <-j.done:
	case <-ctx.Done():
		if j.taken.CompareAndSwap(false, true) {
			return usbOutcome{}, fmt.Errorf("usb %s: %v: %w", m.Name, op, context.Cause(ctx))
		}
		o = <-j.done
	}
	switch {
	case errors.Is(o.err, at.ErrAborted) && ctx.Err() != nil: // the modem was as quick to give up as we were
		return o, fmt.Errorf("usb %s: %v: %w", m.Name, op, context.Cause(ctx))
	case o.err != nil:
		return o, fmt.Errorf("usb %s: %w", m.Name, o.err)
	}
	return o, nil
}

// Call places a data call and returns a session that is up. Its end hangs up; the modem is Ready again when that is proved.
// The session ends with ErrCallEnded when the far modem hangs up, with ErrUnplugged when this one is pulled out. When ctx ends the
// attempt is given up.
func (m *USBModem) Call(ctx context.Context, number string) (*Session, error) {
	o, err := m.do(ctx, at.Call{Number: number})
	if err != nil {
		return nil, err
	}
	return NewSession(o.call, Link{}, nil, nil), nil
}

// Ring leaves a missed call: it lets the number ring for so long, 5 to 30 s, 0 means 10 s. The result has how it ended, also where
// that is an error, and in its Note what was odd about it.
func (m *USBModem) Ring(ctx context.Context, number string, long time.Duration) (at.Result, error) {
	o, err := m.do(ctx, at.Ring{Number: number, For: long})
	return o.result, err
}

// SMS sends a short message; at.CheckText says what it may hold. It returns when the network has taken it; when ctx ends before, it
// may be sent all the same.
func (m *USBModem) SMS(ctx context.Context, number, text string) error {
	_, err := m.do(ctx, at.SMS{Number: number, Text: text})
	return err
}

// Ask asks the modem anew what it is and how it is connected. Status has what it told last, which is at most some minutes old.
func (m *USBModem) Ask(ctx context.Context) (at.Result, error) {
	o, err := m.do(ctx, at.Info{})
	return o.result, err
}
