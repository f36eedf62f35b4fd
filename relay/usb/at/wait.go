package at

import (
	"strings"
	"time"
)

// waiting is what the driver waits for.
type waiting int

const (
	forNothing waiting = iota
	forPause           // time alone
	forAnswer          // the result of a command
	forCall            // the result of dialling, or the end of a call
	forPrompt          // the invitation to write a text
)

// wait is what goes on when an answer has come, or its time is over. There is at most one, and it always has an end.
type wait struct {
	kind  waiting
	until time.Time
	sent  string   // the command, to know its echo
	step  string   // the same as errors may name it
	lines []string // of the answer
	then  func(reply)
	abort func() // what to do in the place of then, when the operation is given up; nil: go on
}

// takes reports whether a result ends the wait. Results of calls come by themselves, too, when an old one ends.
func (w *wait) takes(c code) bool {
	switch c {
	case accepted, refused, deviceError, messageError:
		return w.kind >= forAnswer
	case noCarrier, noDialTone, busy, notAnswered, connected, blacklisted:
		return w.kind == forCall
	}
	return false
}

// settle ends the wait by r and goes on.
func (d *Driver) settle(r reply) {
	then := d.wait.then
	d.wait = wait{}
	if d.deaf {
		d.deaf, d.line = false, line{}
	}
	if then != nil {
		then(r)
	}
}

// ask sends a command and waits for its result. An operation that was given up ends here: nothing hangs on an ordinary command.
func (d *Driver) ask(command string, limit time.Duration, then func(reply)) {
	if d.aborted {
		d.finish(ErrAborted)
		return
	}
	d.send(command, command, forAnswer, limit, then)
	d.wait.abort = func() {
		// Its answer comes all the same, and must not be taken for the next one's.
		d.wait = wait{kind: forAnswer, sent: command, step: command, until: d.now.Add(limit), then: func(r reply) {
			if r.code == silence {
				d.ready = false
			}
			d.finish(ErrAborted)
		}}
	}
}

// send sends a command that is not simply broken off. What was left of an unfinished line belongs to the past.
func (d *Driver) send(command, step string, kind waiting, limit time.Duration, then func(reply)) {
	d.out.ToModem = append(append(d.out.ToModem, command...), '\r')
	d.wait = wait{kind: kind, until: d.now.Add(limit), sent: strings.TrimSpace(command), step: step, then: then}
}

// pause waits. deaf: what comes meanwhile belongs to nobody.
func (d *Driver) pause(length time.Duration, deaf bool, then func()) {
	d.wait = wait{kind: forPause, until: d.now.Add(length), then: func(reply) { then() }}
	if d.deaf = deaf; deaf {
		d.inbox.forgetText()
		d.line = line{}
	}
}
