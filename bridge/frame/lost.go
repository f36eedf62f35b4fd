package frame

import (
	"slices"
	"time"
)

// A lost request is one whose front was dropped because there was no session. Its rest is of no use to a meter, which would take it for
// another request. So the rest is dropped, too.

// Unfinished returns the bytes at the end of text, written by a program, that begin a request and do not finish it.
func (l *Line) Unfinished(text []byte) []byte {
	if l.rule == nil {
		return nil
	}
	if l.chars.Active() {
		text = l.chars.Text(nil, text)
	}
	for len(text) > 0 {
		e := l.rule.request(text)
		if e.n <= 0 || e.n > len(text) {
			break
		}
		text = text[e.n:]
	}
	if len(text) > partMost { // as of a program that floods a port without a session
		return nil
	}
	return text
}

// TakeLost returns what has been written of the lost request, and forgets it.
func (l *Line) TakeLost(now time.Time) []byte {
	p := l.part
	if !p.lost || p.over(now) {
		return nil
	}
	l.part = part{}
	return p.text
}

// FinishLost takes what belongs to the lost request from p, which the program writes while there is no session. It returns how many bytes
// at the front of p belong to it.
func (l *Line) FinishLost(p []byte, now time.Time) int {
	l.now = now
	if !l.part.lost || l.part.over(now) || len(p) == 0 {
		return 0
	}
	text := p
	if l.chars.Active() {
		text = l.chars.Text(nil, p)
	}
	return len(p) - len(l.finishLost(&Out{}, text))
}

// Lost is called when front has been dropped, which the program has just written. It begins a request, see Unfinished, or continues a
// lost one.
func (l *Line) Lost(front []byte, now time.Time) {
	if l.rule == nil || len(front) == 0 {
		return
	}
	l.now = now
	if p := &l.part; p.lost && !p.over(now) {
		front = slices.Concat(p.text, front)
	}
	if len(front) > partMost {
		front = nil
	}
	l.losePart(part{text: front, at: now})
}

// losePart makes p a lost request: it was dropped, or went to a session that has ended.
func (l *Line) losePart(p part) {
	l.part = part{}
	if len(p.text) > 0 && !p.loose && !p.alone && !p.over(l.now) {
		l.part = part{text: slices.Clone(p.text[p.resumed:]), sent: len(p.text) - p.resumed, first: p.at, at: p.at, lost: true}
	}
}

// finishLost takes from text what belongs to the lost request, and returns the rest. A request that is whole in text is another one,
// and so is what may become one behind a pause. Without a pause all else belongs to the lost one, even if that becomes no request.
func (l *Line) finishLost(o *Out, text []byte) (rest []byte) {
	front := l.part.text
	work := slices.Concat(front, text)
	paused := l.now.Sub(l.part.at) >= burstPause
	if l.leadsWith(work) == 0 && l.leadsWith(text) >= restartLeast || paused && l.begins(text) {
		l.forgetLost(front)
		return text
	}
	at := 0
	for at < len(front) {
		e := l.rule.request(work[at:])
		whole := e.n > 0 && e.n <= len(work)-at
		doubtful := whole && !e.foreign && l.doubts(work[at:at+e.n])
		switch {
		case doubtful && paused: // text does not belong to it
			l.forgetLost(front)
			return text
		case doubtful, !whole:
			l.Lost(text, l.now)
			o.dropRequest(DropEnded, slices.Clone(text))
			return nil
		}
		at += e.n
	}
	l.forgetLost(work[:at])
	o.dropRequest(DropEnded, slices.Clone(work[len(front):at]))
	return work[at:]
}

// forgetLost ends the lost request req, whole or not. By writing it the program gave up the request before.
func (l *Line) forgetLost(req []byte) {
	l.part = part{}
	if !continuesAs(req, l.ask.text) {
		l.ask.nobody = l.ask.open
	}
}
