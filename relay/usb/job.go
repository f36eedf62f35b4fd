package usb

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"meterline/relay"
	"meterline/relay/usb/at"
)

// job is one thing to be done with a plugged-in modem.
type job struct {
	op    at.Op
	stop  <-chan struct{} // closed when nobody waits for it any more
	taken atomic.Bool     // set by the outcome, or by the caller who gave up waiting
	done  chan outcome    // of capacity one
}

type outcome struct {
	result at.Result
	call   *modemConn
	err    error
}

// deliver ends the job. It returns false if nobody waits for the outcome, so that a call must be ended.
func (j *job) deliver(o outcome) bool {
	if !j.taken.CompareAndSwap(false, true) {
		return false
	}
	j.done <- o
	return true
}

// do has an operation done. When ctx ends it returns at once; the modem goes on until it is idle.
func (m *Modem) do(ctx context.Context, op at.Op) (outcome, error) {
	j := &job{op: op, stop: ctx.Done(), done: make(chan outcome, 1)}
	if err := m.claim(j); err != nil {
		return outcome{}, err
	}
	var o outcome
	select {
	case o = <-j.done:
	case <-ctx.Done():
		if j.taken.CompareAndSwap(false, true) {
			return outcome{}, fmt.Errorf("usb %s: %v: %w", m.Name, op, context.Cause(ctx))
		}
		o = <-j.done
	}
	switch {
	case errors.Is(o.err, at.ErrAborted) && ctx.Err() != nil: // the modem gave up as soon as we did
		return o, fmt.Errorf("usb %s: %v: %w", m.Name, op, context.Cause(ctx))
	case o.err != nil:
		return o, fmt.Errorf("usb %s: %w", m.Name, o.err)
	}
	return o, nil
}

// Call places a data call and returns a session that is up. Ending the session hangs up; the modem is Ready again when that is
// confirmed. The session ends with ErrCallEnded when the far modem hangs up, with ErrUnplugged when this one is pulled out.
// When ctx ends the attempt is given up.
func (m *Modem) Call(ctx context.Context, number string) (*relay.Session, error) {
	o, err := m.do(ctx, at.Call{Number: number})
	if err != nil {
		return nil, err
	}
	return relay.NewSession(o.call, relay.Link{}, nil, nil), nil
}

// Ring leaves a missed call: it lets the number ring for long, 5 to 30 s; 0 means 10 s. The result says how the call ended,
// also where that is an error, and notes what was odd about it.
func (m *Modem) Ring(ctx context.Context, number string, long time.Duration) (at.Result, error) {
	o, err := m.do(ctx, at.Ring{Number: number, For: long})
	return o.result, err
}

// SMS sends a short message; at.CheckText says what it may contain. It returns when the network has accepted the message. If
// ctx ends before, it may be sent all the same.
func (m *Modem) SMS(ctx context.Context, number, text string) error {
	_, err := m.do(ctx, at.SMS{Number: number, Text: text})
	return err
}

// Ask asks the modem again what it is and how it is connected. Status has its latest answer, which is at most some minutes old.
func (m *Modem) Ask(ctx context.Context) (at.Result, error) {
	o, err := m.do(ctx, at.Info{})
	return o.result, err
}
