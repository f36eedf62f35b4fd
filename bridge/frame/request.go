package frame

import (
	"bytes"
	"slices"
	"time"
)

// takeRequest takes one request. It is sent or waits, or is dropped as a repeat of the request under way.
func (l *Line) takeRequest(o *Out, g outgoing) {
	if l.part.alone && g.sent == len(g.whole) {
		l.part.alone = false // nothing followed: it was whole
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

// repeatsAnswered reports whether g repeats the request whose answer is being handed over at this moment. That answers both.
func (l *Line) repeatsAnswered(g outgoing) bool {
	return l.ask.inHand && l.cfg.Guard != Strict && !g.unknown && g.sent <= g.from && bytes.Equal(g.whole[g.from:], l.ask.text)
}

// dropWaiting drops the request that waits, since another takes its place.
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

// continueDialogue ends the request under way if req is the dialogue's next step after the part of the answer that has been handed
// over.
func (l *Line) continueDialogue(req []byte) {
	a := &l.ask
	if rule, ok := l.rule.(stepper); ok && a.open && a.named && rule.next(req, a.text) {
		a.open = false
	}
}

// wakesNext reports whether tail wakes the meter for a request that is still to be written, while another one waits. Tail then stays
// with the request to be written.
func (l *Line) wakesNext(tail []byte, joined bool) bool {
	return l.waiting != nil && isWakeUp(tail) && (joined || l.pause >= burstPause)
}

// Writes counts the program's writes. Repeats of the request whose answer is being handed over do not count: while the number stays
// the same, the program has asked nothing new.
func (l *Line) Writes() uint64 { return l.writes }

// Delivering is called before the bytes that the latest call returned are handed over. The program does not have them until Delivered
// is called.
func (l *Line) Delivering() { l.ask.inHand = l.ask.fresh }

// Delivered is called when the program may have the bytes, or when they were taken back.
func (l *Line) Delivered() { l.ask.inHand = false }

// Recall takes back b, which was to be handed over: the program has asked something else first.
func (l *Line) Recall(b []byte) Drop {
	l.stats.Late++
	l.unwantRest()
	return Drop{Reason: DropLate, Bytes: b}
}
