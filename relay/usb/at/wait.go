package at

import (
	"strings"
	"time"
)

// waiting is what the driver waits for.
type waiting int

const (
	forNothing waiting = iota
	forPause           // time only
	forAnswer          // the result of a command
	forCall            // the result of dialling, or the end of a call
	forPrompt          // the invitation to write a text
)

// wait is what happens next when an answer has come or its time is over. There is at most one, and it always ends.
type wait struct {
	kind  waiting
	until time.Time
	sent  string   // the command, to recognise its echo
	step  string   // the command as errors may name it
	lines []string // of the answer
	then  func(reply)
	abort func() // called instead of then when the operation is given up; nil: go on
}

// takes reports whether a result ends the wait. Results of calls also come unasked, when an old call ends.
func (w *wait) takes(c code) bool {
	switch c {
	case accepted, refused, deviceError, messageError:
		return w.kind >= forAnswer
	case noCarrier, noDialTone, busy, notAnswered, connected, blacklisted:
		return w.kind == forCall
	}
	return false
}

// resume ends the wait with r and goes on.
func (d *Driver) resume(r reply) {
	then := d.wait.then
	d.wait = wait{}
	if d.ignoring {
		d.ignoring, d.line = false, line{}
	}
	if then != nil {
		then(r)
	}
}

// ask sends a command and waits for its result. An operation that was given up ends here, as nothing depends on an ordinary
// command.
func (d *Driver) ask(command string, limit time.Duration, then func(reply)) {
	if d.aborted {
		d.finish(ErrAborted)
		return
	}
	d.send(command, command, forAnswer, limit, then)
	d.wait.abort = func() {
		// The answer still comes, and must not be taken for the next command's.
		d.wait = wait{kind: forAnswer, sent: command, step: command, until: d.now.Add(limit), then: func(r reply) {
			if r.code == silence {
				d.ready = false
			}
			d.finish(ErrAborted)
		}}
	}
}

// send sends a command that must not simply be broken off. The rest of an unfinished line is dropped.
func (d *Driver) send(command, step string, kind waiting, limit time.Duration, then func(reply)) {
	d.out.ToModem = append(append(d.out.ToModem, command...), '\r')
	d.wait = wait{kind: kind, until: d.now.Add(limit), sent: strings.TrimSpace(command), step: step, then: then}
}

// pause waits. With deaf, what comes meanwhile is ignored.
func (d *Driver) pause(length time.Duration, deaf bool, then func()) {
	d.wait = wait{kind: forPause, until: d.now.Add(length), then: func(reply) { then() }}
	if d.ignoring = deaf; deaf {
		d.inbox.forgetText()
		d.line = line{}
	}
}
