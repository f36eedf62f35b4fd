package usb

import (
	"errors"
	"fmt"
	"time"

	"meterline/relay"
	"meterline/relay/usb/at"
)

// begin starts an operation of our own.
func (l *life) begin(op at.Op) {
	l.asking = true
	l.lookAtCarrier(time.Now())
	l.start(op)
}

// accept starts a job.
func (l *life) accept(j *job) {
	l.job, l.stop, l.claimed = j, j.stop, true
	l.m.doing(j.op.String())
	if _, info := j.op.(at.Info); !info {
		l.m.set(Working, nil)
	}
	l.lookAtCarrier(time.Now())
	l.start(j.op)
}

func (l *life) start(op at.Op) {
	o, err := l.driver.Start(op, time.Now())
	if err != nil {
		o.Done = &at.Done{Op: op, Err: err}
	}
	l.apply(o)
}

// apply does what the driver wants.
func (l *life) apply(o at.Out) {
	if l.over {
		return
	}
	for _, on := range o.DTR {
		if err := l.line.SetDTR(on); err != nil {
			l.end(fmt.Errorf("%w: %w", ErrUnplugged, err))
			return
		}
	}
	if o.Secret {
		if err := l.m.tellPIN(PINGiven, l.driver.ICCID()); err != nil && !l.driver.TriesKnown() {
			l.end(fmt.Errorf("%w: %w", at.ErrPINUnsaved, err))
			return
		}
		l.gavePIN = true
	}
	if !l.write(o.ToModem) {
		return
	}
	l.logSaid(o)
	for _, m := range o.Messages {
		if l.m.Message != nil {
			l.m.Message(m)
		}
	}
	if o.Done != nil {
		l.done(*o.Done)
	}
	if l.call != nil {
		l.call.push(o.Data)
	}
	for _, e := range o.Events {
		if e.Kind == at.EventEnded && l.call != nil {
			l.call.fail(fmt.Errorf("%w (%s)", ErrCallEnded, e.Text))
			l.call.release()
			l.m.set(Ending, nil)
			l.hangUp()
			return
		}
	}
}

func (l *life) logSaid(o at.Out) {
	if len(o.ToModem) > 0 && !o.Secret {
		l.m.log().Debug("to the plugged-in modem", "text", fmt.Sprintf("%.80q", o.ToModem))
	}
	for _, e := range o.Events {
		l.m.log().Debug("the plugged-in modem said", "text", e.Text)
	}
	if o.Dropped > 0 {
		l.m.log().Info("bytes of a call dropped while hanging up", "bytes", o.Dropped)
	}
}

// write sends a command. A line that does not take it at once is of no use.
func (l *life) write(p []byte) bool {
	if len(p) == 0 {
		return true
	}
	err := l.line.SetWriteDeadline(time.Now().Add(writeWait))
	if err == nil {
		_, err = l.line.Write(p)
	}
	switch {
	case err == nil:
		return true
	case isTimeout(err):
		l.end(ErrStalled)
	default:
		l.end(fmt.Errorf("%w: %w", ErrUnplugged, err))
	}
	return false
}

// timeout is an error that says whether a deadline has passed.
type timeout interface {
	error
	Timeout() bool
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[timeout](err)
	return ok && t.Timeout()
}

// done ends an operation.
func (l *life) done(d at.Done) {
	l.asking = false
	l.notePIN(d)
	j := l.job
	l.job, l.stop = nil, nil
	switch d.Op.(type) {
	case at.Init:
		l.initialised(d)
		return
	case at.Info:
		if d.Err == nil {
			l.m.setInfo(d.Result)
		}
		l.refresh = time.Now().Add(refreshEvery)
	case at.Call:
		if d.Err == nil {
			l.connected(j, d)
			return
		}
	case at.HangUp:
		l.call = nil
	}
	l.idle(d.Err) // before the outcome is delivered: its receiver may want the next thing at once
	if j != nil {
		j.deliver(outcome{result: d.Result, err: d.Err})
	}
}

// idle makes the modem ready for the next operation, unless it does not answer any more.
func (l *life) idle(err error) {
	switch {
	case errors.Is(err, at.ErrSilent) || errors.Is(err, at.ErrStuck):
		l.end(err)
	case !l.leaving.IsZero():
		l.end(nil)
	default:
		if errors.Is(err, at.ErrAborted) {
			err = nil
		}
		if l.claimed { // false for a job that came while we asked something ourselves
			l.claimed = false
			l.m.unclaim()
		}
		l.m.set(Ready, err)
	}
}

// initialised goes on to ask what the modem is.
func (l *life) initialised(d at.Done) {
	switch {
	case d.Err == nil && l.leaving.IsZero():
		l.begin(at.Info{})
		l.ready = true
	case errors.Is(d.Err, at.ErrSilent):
		l.end(fmt.Errorf("%w: %w%s", errNoModem, d.Err, suspect()))
	default:
		l.end(d.Err)
	}
}

// connected gives a data call to whoever asked for it.
func (l *life) connected(j *job, d at.Done) {
	device := l.m.Status().Device.Path
	number := ""
	if op, ok := d.Op.(at.Call); ok {
		number = op.Number
	}
	l.call = newModemConn(l.line, number, device)
	l.closed = l.call.closed
	_ = l.line.SetWriteDeadline(time.Time{}) // a failing line shows at the first use
	l.m.doing("in a call with " + number)
	l.m.set(InCall, nil)
	if !j.deliver(outcome{result: d.Result, call: l.call}) {
		_ = l.call.Close() // the first Close: nobody else has it
	}
}

// hangUp ends the call, whose connection nobody uses any more, and confirms its end.
func (l *life) hangUp() {
	l.call.release()
	l.closed, l.drainBy = nil, time.Time{}
	l.asking = true
	l.start(at.HangUp{})
}

// shutDown makes the modem idle, since meterline is being stopped.
func (l *life) shutDown() {
	l.leaving = time.Now().Add(leaveMost)
	switch {
	case l.call != nil && l.drainBy.IsZero() && l.driver.InCall():
		l.call.fail(relay.ErrShutdown)
		l.hangUp()
	case l.job != nil || l.asking || l.call != nil:
		l.apply(l.driver.Abort(time.Now()))
	default:
		l.end(nil)
	}
}

// end ends this life.
func (l *life) end(err error) {
	if l.over {
		return
	}
	l.over, l.err = true, err
}
