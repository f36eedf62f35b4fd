package frame

import (
	"bytes"
	"slices"
	"time"
)

// Echo says what becomes of requests that the line returns, as RS-485 converters without a switched receiver do.
type Echo string

// What becomes of an echo.
const (
	EchoPass Echo = "pass" // the program gets it, as on a cable
	EchoDrop Echo = "drop" // the program does not get it
)

// echoing is what has been learnt of the line.
type echoing int

const (
	echoUnknown echoing = iota
	echoNever           // an answer came, and no echo before it
	echoAlways          // an echo came
)

const (
	// echoMost is how many requests' echoes are waited for.
	echoMost = 4
	// mirrorWait is how long behind bytes that are either the echo of a request or its answer the other one is waited for,
	// as long as nothing is known of the line. Echoes have been seen to come 250 ms before the answer.
	mirrorWait = 500 * time.Millisecond
)

// echo is what was sent, as the line may return it.
type echo struct {
	text []byte
	from int // where the request is, behind what wakes the meter
	at   time.Time
}

// expectEcho notes that text has been sent, which ends with a request that begins at from.
func (l *Line) expectEcho(text []byte, from int) {
	n := len(l.echoes)
	if n > 0 && len(l.echoes[n-1].text) == 1 { // an ACK: an answer may look like it
		n--
	}
	if n == echoMost {
		n--
		l.echoes = append(l.echoes[1:], l.echoes[0]) // its room is used again
	}
	if n < cap(l.echoes) {
		l.echoes = l.echoes[:n+1]
	} else {
		l.echoes = append(l.echoes[:n], echo{})
	}
	e := &l.echoes[n]
	e.text, e.from, e.at = append(e.text[:0], text...), from, l.now
}

// echoIn looks for an echo at the front of b, which came from the modem: n is its length, of the request that is the nth to
// be waited for. More: there may be one when more has come.
func (l *Line) echoIn(b []byte) (n, nth int, more bool) {
	for i := range l.echoes {
		e := &l.echoes[i]
		if l.now.Sub(e.at) >= l.cfg.AnswerMax || i == len(l.echoes)-1 && l.isMirrored() {
			continue
		}
		for from := 0; ; from = e.from {
			switch text := e.text[from:]; {
			case bytes.HasPrefix(b, text):
				return len(text), i, false
			case bytes.HasPrefix(text, b):
				more = true
			}
			if from == e.from {
				break
			}
		}
	}
	return 0, 0, more
}

// isMirrored reports whether bytes like the latest request are its answer, and no echo of it.
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

// echoCame hands over or drops the echo b of the nth request that is waited for.
func (l *Line) echoCame(b []byte, nth int) {
	l.stats.Echoes++
	latest := nth == len(l.echoes)-1
	l.echoes = slices.Delete(l.echoes, 0, nth+1)
	rest := b[min(l.in.gone, len(b)):]
	switch {
	case l.late() || l.in.fate == doomed:
		l.out.drop(DropLate, rest)
	case l.cfg.Echo == EchoDrop:
		l.out.drop(DropEcho, rest)
	default:
		l.out.give(rest)
	}
	if !latest {
		return
	}
	l.ask.echoed = true
	switch {
	case !l.ask.open || !l.mirrors():
		l.echoing = echoAlways
	case l.cfg.Echo != EchoDrop && l.echoing == echoUnknown:
		l.ask.mirrored, l.ask.settled = true, l.now.Add(mirrorWait)
	}
}

// learnEcho learns about the line when the latest request has been answered, or another is sent.
func (l *Line) learnEcho(answered bool) {
	a := &l.ask
	switch {
	case answered && a.mirrored:
		l.echoing = echoAlways
	case answered && !a.echoed:
		l.echoing = echoNever
	case answered || !a.open:
	case a.mirrored:
		l.echoing = echoNever
	case a.echoed && l.mirrors():
		l.echoing = echoUnknown
	}
}
