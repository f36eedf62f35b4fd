package frame

import (
	"bytes"
	"slices"
	"time"
)

// FromProgram takes p, which the program wrote: best one whole request, but it may be several, or pieces.
func (l *Line) FromProgram(p []byte, now time.Time) Out {
	o := &l.asks
	*o = Out{ToModem: o.ToModem[:0]} // drops stay valid for longer, and are rare
	l.wire = l.wire[:0]
	if len(p) == 0 {
		return *o
	}
	l.noteWrite(now)
	l.piece = len(p)
	l.chars.resume(p)
	text := p
	if l.chars.active() {
		l.text = l.chars.text(l.text[:0], p)
		text = l.text
	}
	if l.rule == nil {
		if l.cfg.Protocol == Gap && l.pause >= l.cfg.Gap {
			l.supersede(o, nil, true, now)
		}
		l.putToModem(o, text)
		return *o
	}
	if len(l.part.text) > 0 && l.part.over(now) && !l.resumes(text) {
		l.giveUpPart(o)
	}
	l.sendWaiting(o, now)
	if l.trails(text) {
		l.sendPiece(o, text[:1])
		text = text[1:]
	}
	if l.part.lost && len(text) > 0 {
		text = l.finishLost(o, text)
	}
	if len(text) > 0 {
		l.findRequests(o, text)
	}
	return *o
}

// resumes reports whether text finishes the request that has been begun, which is whole with it. That counts even behind a pause that
// would end it: it may have been this machine that has paused.
func (l *Line) resumes(text []byte) bool {
	p := &l.part
	if p.closed || p.alone || p.behind || p.loose || p.lost || l.leadsWith(text) > 0 {
		return false
	}
	return l.leadsWith(slices.Concat(p.text, text)) > len(p.text)
}

// trails reports whether text begins with the last byte of the request that has just been written: a check sum that ends with a
// zero comes out before that.
func (l *Line) trails(text []byte) bool {
	rule, ok := l.rule.(trailer)
	if !ok || text[0] != 0 || len(l.part.text) > 0 || l.pause >= partQuiet {
		return false
	}
	req := l.ask.question()
	if l.waiting != nil {
		req = l.waiting.req()
	}
	return rule.trails(req)
}

// note notes when the program writes. Whoever writes has the port open.
func (l *Line) noteWrite(now time.Time) {
	l.now = now
	l.expire()
	l.prune()
	if !l.left.IsZero() {
		l.Open(now)
	}
	l.tail.expire(now)
	l.tail.at = time.Time{}
	l.pause, l.wrote = now.Sub(l.wrote), now
	l.writes++
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

// write finds the requests in text.
func (l *Line) findRequests(o *Out, text []byte) {
	p := &l.part
	work, sent, joined := text, 0, len(p.text) > 0
	if joined {
		p.text = append(p.text, text...)
		work, sent = p.text, p.sent
	}
	silence := l.pause
	if joined {
		if silence >= burstPause {
			p.resumed = len(work) - len(text)
		}
		l.pause = p.pause
	}
	lead, at := 0, 0 // where what stands in front of a request begins, and where the request does
	begin := l.restarted(work, len(text))
	if begin > 0 {
		l.giveUpFront(o, work[:begin], sent)
		lead, at, l.pause, p.resumed, joined = begin, begin, silence, 0, false
	}
	for at < len(work) {
		e := l.rule.request(work[at:])
		if e.n <= 0 || e.n > len(work)-at {
			break
		}
		doubtful := !e.foreign && l.doubts(work[at:at+e.n])
		if r := p.resumed; doubtful && r > at && l.rule.request(work[r:]).n == 0 {
			break // it has been given up, and what was begun behind it is not whole
		}
		at += e.n
		switch {
		case e.foreign:
			continue
		case doubtful:
			at = len(work)
			l.unparsed(o, slices.Clone(work[lead:]), min(max(0, sent-lead), at-lead))
		default:
			l.takeRequest(o, outgoing{whole: work[lead:at], from: at - e.n - lead, sent: min(max(0, sent-lead), at-lead)})
		}
		lead = at
	}
	if len(work)-at > partMost {
		at = len(work)
	}
	l.keepRest(o, work[lead:], rest{at - lead, max(0, sent-lead), len(text) == 1, joined, lead > begin})
}

// restarted looks whether the program has given up what it had begun, and has written a request behind it: work does not begin with
// a request, but its latest bytes do, or what stands behind the latest pause does. It returns where, or 0.
func (l *Line) restarted(work []byte, latest int) (begin int) {
	if latest == len(work) || l.leadsWith(work) > 0 {
		return 0
	}
	if begin = l.part.resumed; begin > 0 && (l.leadsWith(work[begin:]) > 1 || l.breaksOff(work, begin) && l.begins(work[begin:])) {
		return begin
	}
	begin = len(work) - latest
	if l.leadsWith(work[begin:]) >= restartLeast || isWakeUp(work[begin:]) && l.breaksOff(work, begin) {
		return begin
	}
	return 0
}

// breaksOff reports whether the first n bytes of work may become a request behind what wakes the meter, and all of it may not.
func (l *Line) breaksOff(work []byte, n int) bool {
	for n > 0 && isWakeUp(work[:1]) {
		work, n = work[1:], n-1
	}
	return n > 0 && l.begins(work[:n]) && l.rule.request(work).foreign
}

// begins reports whether b may become a request.
func (l *Line) begins(b []byte) bool { return l.rule.request(b).n == 0 }

// restartLeast is how long a request is at least that is told from a piece of the one that has been begun: by its check sum.
const restartLeast = 6

// giveUpFront gives up front, which the program had begun and not finished, and of which sent bytes have left. What has not left
// is dropped, so that nobody takes it for the front of the request behind it. What has may be answered.
func (l *Line) giveUpFront(o *Out, front []byte, sent int) {
	if gone := front[:min(sent, len(front))]; len(gone) > 0 && !l.part.lost && !l.dropEcho(o, gone) {
		l.expectEcho(gone, 0)
	}
	if l.part.mayBeAnswered(l.now) && !l.part.alone && !l.part.loose {
		l.remember(earlier{text: slices.Clone(front[:min(sent, len(front))]), unknown: true, since: l.now})
	}
	l.part.alone = false
	if sent < len(front) {
		o.dropRequest(DropReplaced, slices.Clone(front[sent:]))
	}
}

// leadsWith is how long the request is that b begins with, behind what wakes the meter at most; 0: there is none that the rule
// understands.
func (l *Line) leadsWith(b []byte) int {
	for len(b) > 0 {
		switch e := l.rule.request(b); {
		case e.foreign && isWakeUp(b[:e.n]):
			b = b[e.n:]
		case e.foreign, e.n <= 0, e.n > len(b), l.doubts(b[:e.n]):
			return 0
		default:
			return e.n
		}
	}
	return 0
}

// doubts reports whether the rule measures the request but does not understand it.
func (l *Line) doubts(req []byte) bool {
	rule, ok := l.rule.(doubter)
	return ok && rule.doubtful(req)
}

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

// rest is what is known of bytes in which there is no whole request.
type rest struct {
	foreign int  // so many at the front do not even begin like one
	sent    int  // so many are on their way
	single  bool // the program wrote a single byte
	joined  bool // they were begun by an earlier piece
	behind  bool // there was a request in front of them in the same piece
}

// remain keeps tail, in which there is no whole request, until more comes, or sends it.
func (l *Line) keepRest(o *Out, tail []byte, r rest) {
	first, pause, resumed := l.part.first, l.part.pause, l.part.resumed
	if !r.joined || r.behind {
		first, pause, resumed = l.now, l.pause, 0
	}
	if r.behind {
		pause = 0
	}
	loose := r.foreign == len(tail)
	switch {
	case len(tail) == 0:
		l.part = part{text: l.part.text[:0]}
	case loose && (!r.single || l.now.Sub(first) >= byteHold) && !l.wakesNext(tail, r.joined):
		l.part, l.pause = part{}, pause
		if !r.behind {
			l.unparsed(o, slices.Clone(tail), r.sent)
			return
		}
		l.stats.UnparsedToModem += int64(len(tail))
		if isWakeUp(tail) {
			l.tail.woke, l.tail.at = slices.Clone(tail), l.now
		}
		l.sendPiece(o, tail[r.sent:])
	default:
		l.part = part{
			text: slices.Clone(tail), sent: r.sent, first: first, pause: pause, at: l.now,
			from: r.foreign, resumed: resumed, loose: loose, behind: r.behind,
		}
	}
}
