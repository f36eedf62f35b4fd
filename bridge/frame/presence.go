package frame

import (
	"bytes"
	"time"
)

// returnWithin is how long after the last program has left a program that opens the port continues its exchange, as a
// shell does that opens it once to write and once to read.
const returnWithin = 2 * time.Second

// Leave tells that the last program has left the port. What is outstanding is not given up yet: see Open. What comes
// while nobody is there is dropped, and a message that has begun to come is dropped whole. A request that waits still
// leaves when its time comes, unless it is withdrawn.
func (l *Line) Leave(now time.Time) {
	l.now = now
	if l.left.IsZero() {
		l.left = now
	}
	if w := l.waiting; w != nil && w.same { // it had asked again and did not wait for that, either
		l.Abandon()
		return
	}
	l.doomMessage()
	l.rejectKept()
	l.closePart()
}

// Open tells that a program has opened the port, where none had it open. It is given nothing of what came before, nor the
// rest of an answer that began before. An answer that begins from now on is given to it if the exchange that the last
// program left is not older than returnWithin.
func (l *Line) Open(now time.Time) {
	l.now = now
	l.expire()
	l.left = time.Time{}
	l.doomMessage()
	l.rejectKept()
	if a := &l.ask; a.open && a.nth > 0 {
		a.nobody = true
	}
}

// Abandon tells that whoever asked has gone for good, or asks something else elsewhere: the answer is nobody's, and is
// dropped when it comes. What is held is dropped with the next call. A request that waits still leaves when its time
// comes, unless it is withdrawn.
func (l *Line) Abandon() {
	l.ask.nobody = l.ask.open
	l.doomMessage()
	l.rejectKept()
	if l.waiting != nil {
		l.waiting.nobody = true
	}
	l.closePart()
}

// closePart ends the request that has begun: what the next program writes does not continue it.
func (l *Line) closePart() {
	l.part.at, l.part.closed = time.Time{}, true
	l.woken, l.wrote, l.tail.at = time.Time{}, time.Time{}, time.Time{}
}

// doom drops the message that is coming, whole.
func (l *Line) doomMessage() {
	if l.in.size() > 0 {
		l.in.fate = doomed
	}
}

// lapse gives up what is outstanding when its program has been gone for too long.
func (l *Line) expire() {
	if !l.left.IsZero() && l.now.Sub(l.left) >= returnWithin {
		if l.ask.open && !l.ask.nobody || l.waiting != nil && !l.waiting.nobody {
			l.Abandon()
		}
	}
}

// Inherit takes over from old, which stood between the same meter and its programs under another configuration, the request
// whose answer may still come: it is nobody's. Under another protocol no answer could be told, and nothing is taken over.
func (l *Line) Inherit(old *Line, now time.Time) {
	if l.cfg.Protocol != old.cfg.Protocol {
		return
	}
	l.now = now
	if old.part.lost {
		l.part = old.part
	}
	for _, e := range old.earlier {
		if now.Sub(e.since) < old.cfg.AnswerMax {
			e.since = now
			l.earlier = append(l.earlier, e)
		}
	}
	if !old.ask.open || !now.Before(old.answerBy()) {
		return
	}
	l.ask = old.ask
	l.ask.text = bytes.Clone(old.ask.text)
	l.ask.nobody, l.ask.since, l.ask.settled = true, now, time.Time{}
}
