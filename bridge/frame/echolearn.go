package frame

import "time"

// echoing is what has been learnt about the line.
type echoing int

const (
	echoUnknown echoing = iota
	echoNever           // answers come without an echo
	echoAlways          // requests come back
)

const (
	// singlesMost is how often a copy that is either echo or answer comes alone until the line is known to return nothing.
	singlesMost = 3
	// missingMost is how often in a row an answer comes without an echo until a line that returned requests is known not to any more.
	missingMost = 3
	// mirrorWait is how long a second copy is waited for after one that is either echo or answer, while nothing is known about
	// the line. Echoes have been seen to come 250 ms before the answer.
	mirrorWait = 500 * time.Millisecond
)

// isMirrored reports whether a copy of the latest request is its answer and no echo.
func (l *Line) isMirrored() bool {
	return l.cfg.Echo != EchoDrop && l.echoing == echoNever && l.ask.open && l.mirrors()
}

// mirrors reports whether the answer to the latest request may have the same bytes as the request.
func (l *Line) mirrors() bool {
	if l.ask.unknown {
		return true
	}
	r, ok := l.rule.(mirror)
	return ok && r.mirrors(l.ask.text)
}

// owesEcho reports whether a program that repeated its request at the time at expects an echo of the repeat, as the line returned the
// request. It would take the answer for the echo otherwise.
func (l *Line) owesEcho(at time.Time) bool {
	a := &l.ask
	return l.cfg.Echo != EchoDrop && !a.echoed.IsZero() && !a.mirrored && a.echoed.Before(at)
}

// learnEcho learns about the line when the latest request has been answered or another is sent.
func (l *Line) learnEcho(answered bool) {
	a := &l.ask
	switch {
	case a.unknown && l.echoing == echoAlways: // what has come may have been the front of the echo
	case answered && a.mirrored:
		l.echoing, l.singles = echoAlways, 0
	case answered && a.echoed.IsZero() && l.echoing == echoAlways:
		if l.missing++; l.missing >= missingMost { // else it was lost, or came in parts
			l.echoing, l.singles, l.missing = echoNever, 0, 0
		}
	case answered && a.echoed.IsZero():
		l.echoing, l.singles = echoNever, 0
	case answered || !a.open:
	case a.mirrored:
		if l.singles++; l.singles >= singlesMost {
			l.echoing = echoNever
		}
	case !a.echoed.IsZero() && l.mirrors():
		if l.missing++; l.missing >= missingMost { // else the answer was lost
			l.echoing, l.missing = echoUnknown, 0
		}
	}
}
