package frame

import (
	"bytes"
	"slices"
	"time"
)

// request takes one request. It is sent, or it waits, or it is a repeat of the one under way.
func (l *Line) takeRequest(o *Out, g outgoing) {
	if l.part.alone && g.sent == len(g.whole) {
		l.part.alone = false // it turns out to have been whole
		return
	}
	req := g.whole[g.from:]
	l.woken = time.Time{}
	if !g.unknown {
		l.continueDialogue(req)
	}
	same := !g.unknown && l.repeats(req)
	begun := g.sent > g.from
	if k := &l.kept; same && !begun && len(k.pieces) > 0 && !k.refused {
		l.dropWaiting(o)
		k.wanted, k.at = true, l.now
		l.stats.Repeats++
		o.dropRequest(DropRepeat, slices.Clone(g.whole[g.sent:]))
		return
	}
	if l.repeatsAnswered(g) {
		if len(g.whole) == l.piece {
			l.writes--
		}
		l.stats.Repeats++
		o.dropRequest(DropRepeat, slices.Clone(g.whole[g.sent:]))
		return
	}
	l.rejectKept()
	if begun || l.continuesUnknown() || !l.now.Before(l.freeAt(req, same)) {
		if w := l.waiting; w != nil {
			l.dropWaiting(o)
		}
		l.send(o, g)
		return
	}
	w := &waiting{text: slices.Clone(g.whole[g.sent:]), from: g.from - g.sent, to: len(g.whole) - g.sent, same: same, unknown: g.unknown, at: l.now}
	if same {
		l.stats.Repeats++
	} else {
		l.stats.Waited++
		l.supersede(o, nil, false, l.now)
	}
	l.dropWaiting(o)
	l.waiting = w
}

// repeatsAnswered reports whether g is the request once more whose answer is just being handed over: that is the answer to both.
func (l *Line) repeatsAnswered(g outgoing) bool {
	return l.ask.inHand && l.cfg.Guard != Strict && !g.unknown && g.sent <= g.from && bytes.Equal(g.whole[g.from:], l.ask.text)
}

// replace drops the request that waits, since another takes its place.
func (l *Line) dropWaiting(o *Out) {
	if old := l.waiting; old != nil {
		reason := DropReplaced
		if old.same {
			reason = DropRepeat
		}
		o.dropRequest(reason, old.text)
		l.waiting = nil
	}
}

// continueDialogue ends the request under way if req is the next step of the dialogue, behind the part of the answer that has been
// handed over.
func (l *Line) continueDialogue(req []byte) {
	a := &l.ask
	if rule, ok := l.rule.(stepper); ok && a.open && a.named && rule.next(req, a.text) {
		a.open = false
	}
}

// wakesNext reports whether tail wakes the meter for a request that is still to be written, while another one waits: it goes with
// the one, whatever becomes of the other.
func (l *Line) wakesNext(tail []byte, joined bool) bool {
	return l.waiting != nil && isWakeUp(tail) && (joined || l.pause >= burstPause)
}

// Writes counts what the program has written but for repeats of the request whose answer is being handed over: while it does not
// change, the program has asked nothing new.
func (l *Line) Writes() uint64 { return l.writes }

// Delivering tells that what the latest call returned is going to be handed over: until Delivered the program has not got it.
func (l *Line) Delivering() { l.ask.inHand = l.ask.fresh }

// Delivered tells that the program may get what was to be handed over from now on, or that it was recalled.
func (l *Line) Delivered() { l.ask.inHand = false }

// Recall takes back b, which was to be handed over: the program has written something else before it was.
func (l *Line) Recall(b []byte) Drop {
	l.stats.Late++
	return Drop{Reason: DropLate, Bytes: b}
}
