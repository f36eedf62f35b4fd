package frame

import (
	"bytes"
	"slices"
	"time"
)

// Echo says what happens to requests that the line returns, as RS-485 converters do whose receiver stays on.
type Echo string

// The values of Echo.
const (
	EchoPass Echo = "pass" // the program gets it, as on a cable
	EchoDrop Echo = "drop" // the program does not get it
)

const (
	// echoLeast is the length from which an echo is waited for when another request has been sent.
	echoLeast = 4
	// echoMost is how many requests' echoes are waited for.
	echoMost = 4
)

// echo is what was sent and may be returned by the line.
type echo struct {
	text  []byte
	from  int   // where the request is, behind what wakes the meter
	back  int   // bytes at its front that came back and were dropped; so is the rest
	late  bool  // its program has given it up
	count int64 // how many requests had been sent, this one included
	at    time.Time
}

// expectLateEcho notes that text has been sent, the front of a request that has been given up. The request begins at from.
func (l *Line) expectLateEcho(text []byte, from int) {
	l.expectEcho(text, from)
	l.echoes[len(l.echoes)-1].late = true
}

// expectEcho notes that text has been sent. The request in it begins at from.
func (l *Line) expectEcho(text []byte, from int) {
	n := len(l.echoes)
	if n > 0 && isWakeUp(l.echoes[n-1].text) && l.now.Sub(l.echoes[n-1].at) < partMax {
		woke := l.echoes[n-1].text // it left by itself, and may come back with the request
		text, from = slices.Concat(woke, text), from+len(woke)
		n--
	} else if n > 0 && (l.echoing != echoAlways && len(l.echoes[n-1].text) < echoLeast || bytes.Equal(l.echoes[n-1].text, text)) {
		n-- // the front of an answer may look like it
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
	*e = echo{text: append(e.text[:0], text...), from: from, count: l.stats.Requests, at: l.now}
}

// expectMore notes that text has been sent behind the latest request, and belongs to it.
func (l *Line) expectMore(text []byte) {
	if e := l.latestEcho(); e != nil && !e.late {
		e.text, e.at = append(e.text, text...), l.now
		return
	}
	l.expectEcho(text, 0)
}

// echoIn looks for an echo at the front of b, which came from the modem. It returns the echo's length and its index in echoes; more
// reports whether b may become an echo.
func (l *Line) echoIn(b []byte) (n, nth int, more bool) {
	if p := &l.part; p.sent > 0 && !p.lost {
		more = bytes.HasPrefix(p.text[:p.sent], b) || p.sent > p.from && bytes.HasPrefix(p.text[p.from:p.sent], b)
	}
	for i := range l.echoes {
		e := &l.echoes[i]
		latest := l.isLatest(e)
		if l.now.Sub(e.at) >= l.cfg.AnswerMax || latest && l.isMirrored() || !latest && l.echoing != echoAlways {
			continue
		}
		for _, from := range [...]int{0, e.from, e.back} {
			switch text := e.text[from:]; {
			case len(text) > len(b):
				more = more || bytes.HasPrefix(text, b)
			case len(text) > n && bytes.HasPrefix(b, text):
				if certain, wait := l.isEcho(i, text, b); !certain {
					more = more || wait
					continue
				}
				n, nth = len(text), i
			}
		}
	}
	return n, nth, more
}

// isEcho reports whether text at the front of b is the echo with the index i, for certain. If it may as well be the front of an earlier
// answer, what follows tells: what was sent behind it comes back, too. Wait says that more bytes are needed.
func (l *Line) isEcho(i int, text, b []byte) (certain, wait bool) {
	doubtful := len(text) < echoLeast
	if l.isLatest(&l.echoes[i]) {
		doubtful = l.ask.unknown && l.mayBeOwed()
	}
	if !doubtful || !l.mayBegin(b) {
		return true, false
	}
	var sent []byte
	for _, e := range l.echoes[i+1:] {
		sent = append(sent, e.text...)
	}
	sent = append(sent, l.part.text[:l.part.sent]...)
	behind := b[len(text):]
	n := min(len(sent), len(behind), echoLeast)
	if !bytes.Equal(sent[:n], behind[:n]) {
		return false, false
	}
	return n > 0 && len(text)+n >= echoLeast, n == len(behind)
}

// isLatest reports whether e is the latest request, or was sent behind it.
func (l *Line) isLatest(e *echo) bool { return e.count == l.stats.Requests }

// latestEcho returns what was sent last and has not come back; nil if that is no more than what wakes a meter.
func (l *Line) latestEcho() *echo {
	for i := range slices.Backward(l.echoes) {
		if e := &l.echoes[i]; l.isLatest(e) && !isWakeUp(e.text) {
			return e
		}
	}
	return nil
}

// beforeEcho returns how many of the bytes that have come stand in front of the latest request's echo. They are older than the request.
func (l *Line) beforeEcho() int {
	e, b := l.latestEcho(), l.in.buf[l.in.done:]
	if e == nil || l.echoing == echoNever || !l.guarded() {
		return 0
	}
	req := e.text[max(e.from, e.back):]
	if len(req) < echoLeast || l.now.Sub(e.at) >= l.cfg.AnswerMax {
		return 0
	}
	at := max(0, bytes.Index(b, req))
	if wake := e.text[:e.from]; bytes.HasSuffix(b[:at], wake) {
		at -= len(wake)
	}
	return at
}

// mayBegin reports whether b looks like the front of a message from a meter.
func (l *Line) mayBegin(b []byte) bool { return !l.rule.answer(b, l.ask.question()).foreign }

// returns reports whether b is the front of what the line may return: the requests sent before, and then front.
func (l *Line) returns(b, front []byte) bool {
	if len(front) > 0 && bytes.HasPrefix(front, b) {
		return true
	}
	if l.echoing == echoNever {
		return false
	}
	expected := bytes.Clone(front)
	for _, e := range slices.Backward(l.echoes) {
		for _, from := range [...]int{0, e.from, e.back} {
			if all := slices.Concat(e.text[from:], expected); bytes.HasPrefix(all, b) {
				return true
			}
		}
		expected = slices.Concat(e.text[e.back:], expected)
	}
	return false
}

// holdsEcho reports whether what is held is the front of an echo.
func (l *Line) holdsEcho() bool {
	m := &l.in
	return l.guarded() && l.echoing != echoNever && m.fate == held && m.size() > 0 && l.returns(m.rest(), l.part.text[:l.part.sent])
}

// muteEcho notes that front, which begins an echo, has been dropped. The rest is dropped, too.
func (l *Line) muteEcho(front []byte) {
	for i := range l.echoes {
		e := &l.echoes[i]
		for _, from := range [...]int{0, e.from, e.back} {
			if bytes.HasPrefix(e.text[from:], front) {
				e.back = from + len(front)
				return
			}
		}
	}
}

// echoComes reports whether what has come may be the front of an echo.
func (l *Line) echoComes() bool {
	_, _, more := l.echoIn(l.in.buf[l.in.done:])
	return more
}

// partReturns reports whether what has come is the echo of a request that the program may still finish.
func (l *Line) partReturns() bool {
	p := &l.part
	return p.sent > 0 && !p.lost && !p.over(l.now) && l.in.size() <= holdMost && l.in.gone == 0 &&
		bytes.HasPrefix(p.text[:p.sent], l.in.buf[l.in.done:])
}

// dropEcho drops front, the echo of what has just been given up, and reports true if all of it is held.
func (l *Line) dropEcho(o *Out, front []byte) bool {
	m := &l.in
	if !l.guarded() || !bytes.HasPrefix(m.buf[m.done:], front) {
		return false
	}
	o.drop(DropLate, m.buf[m.done+min(m.gone, len(front)):m.done+len(front)])
	m.done += len(front)
	if m.gone = max(0, m.gone-len(front)); m.gone == 0 {
		m.start(m.last, l.fate())
	}
	return true
}

// echoCame hands over or drops the echo b, which has the index nth in echoes.
func (l *Line) echoCame(b []byte, nth int) {
	wakes := isWakeUp(b) // it belongs to what the program is about to write
	e := &l.echoes[nth]
	latest := l.isLatest(e)
	mute, late := e.back > 0 && len(b) == len(e.text)-e.back, e.late
	if mute {
		l.cut = nil // its front was no other message's
	}
	first := 0 // what was sent before it has been lost on its way
	if wakes || len(b) < echoLeast {
		first = nth
	}
	l.echoes = slices.Delete(l.echoes, first, nth+1)
	rest := b[min(l.in.gone, len(b)):]
	switch {
	case l.in.fate == doomed || mute || late && l.guarded() || !wakes && !l.part.begins(b) && l.guarded() && (!latest || l.late() || l.begun() != begunNothing):
		l.out.drop(DropLate, rest)
	case l.cfg.Echo == EchoDrop:
		l.out.drop(DropEcho, rest)
	default:
		l.out.give(rest)
	}
	if wakes {
		return
	}
	l.stats.Echoes++
	if !latest {
		return
	}
	l.ask.echoed = l.now
	switch {
	case l.ask.unknown:
	case !l.ask.open || !l.mirrors():
		l.echoing, l.missing = echoAlways, 0
	case l.cfg.Echo != EchoDrop && l.echoing == echoUnknown:
		l.ask.mirrored, l.ask.settled = true, l.now.Add(mirrorWait)
	}
}
