package frame

import (
	"bytes"
	"time"
)

// returnWithin is how long after the last program has left a program may open the port and continue the exchange. A shell does this
// that opens the port once to write and once to read.
const returnWithin = 2 * time.Second

// Leave is called when the last program has left the port. What is outstanding is not given up yet: see Open. What comes while nobody is
// there is dropped; a message that has begun to come is dropped whole. A request that waits is still sent when its time comes, unless
// it is withdrawn.
func (l *Line) Leave(now time.Time) {
	l.now = now
	if l.left.IsZero() {
		l.left = now
	}
	if w := l.waiting; w != nil && w.same { // it asked again, and did not wait for that answer either
		l.Abandon()
		return
	}
	l.doomMessage()
	l.rejectKept()
	l.closePart()
}

// Open is called when a program has opened the port while none had it open. It gets nothing of what came before, and not the rest of an
// answer that began before. It gets an answer that begins from now on, unless the last program left longer than returnWithin ago.
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

// Abandon is called when the program that asked has gone for good, or has turned to another modem. Its answer is dropped when it comes.
// What is held is dropped with the next call. A request that waits is still sent when its time comes, unless it is withdrawn.
func (l *Line) Abandon() {
	l.ask.nobody = l.ask.open
	l.doomMessage()
	l.rejectKept()
	if l.waiting != nil {
		l.waiting.nobody = true
	}
	l.closePart()
}

// closePart ends the request that has been begun: what the next program writes does not continue it.
func (l *Line) closePart() {
	l.part.at, l.part.closed = time.Time{}, true
	l.woken, l.wrote, l.tail.at = time.Time{}, time.Time{}, time.Time{}
}

// doomMessage decides that the message that is coming is dropped whole.
func (l *Line) doomMessage() {
	if l.in.size() > 0 {
		l.in.fate = doomed
	}
}

// expire gives up what is outstanding when its program has been gone for too long.
func (l *Line) expire() {
	if !l.left.IsZero() && l.now.Sub(l.left) >= returnWithin {
		if l.ask.open && !l.ask.nobody || l.waiting != nil && !l.waiting.nobody {
			l.Abandon()
		}
	}
}

// Inherit takes over the requests of old whose answers may still come. They are nobody's. Old stood between the same meter and its
// programs under another configuration. If the protocol was another one, nothing is taken over.
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
