package frame

import (
	"slices"
	"time"
)

// FromProgram takes p, which the program wrote. It may be one whole request, several, or a piece of one.
func (l *Line) FromProgram(p []byte, now time.Time) Out {
	o := &l.asks
	*o = Out{ToModem: o.ToModem[:0]} // drops stay valid for longer, and are rare
	l.wire = l.wire[:0]
	if len(p) == 0 {
		return *o
	}
	l.noteWrite(now)
	l.piece = len(p)
	l.chars.Resume(p)
	text := p
	if l.chars.Active() {
		l.text = l.chars.Text(l.text[:0], p)
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

// noteWrite notes when the program writes. A program that writes has the port open.
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

// resumes reports whether the request that has been begun is whole with text. This counts even after a pause that would end it: it may
// have been this machine that paused.
func (l *Line) resumes(text []byte) bool {
	p := &l.part
	if p.closed || p.alone || p.behind || p.loose || p.lost || l.leadsWith(text) > 0 {
		return false
	}
	return l.leadsWith(slices.Concat(p.text, text)) > len(p.text)
}

// trails reports whether text begins with the last byte of the request just written: a check sum that ends with a zero looks right
// without it.
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

// findRequests takes the requests in text, which the program has just written. What it has begun before stands in front of text.
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
	lead, at := 0, 0 // where a request begins, with and without what stands in front of it
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
			break // the program has given it up, and what it has begun since is not whole
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

// leadsWith returns the length of the request at the front of b; bytes that wake the meter may precede it. It is 0 if there is none
// that the rule understands.
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

// doubts reports whether the rule can measure the request but does not understand it.
func (l *Line) doubts(req []byte) bool {
	rule, ok := l.rule.(doubter)
	return ok && rule.doubtful(req)
}

// rest describes bytes in which there is no whole request.
type rest struct {
	foreign int  // bytes at the front that do not begin a request either
	sent    int  // bytes at the front that are on their way
	single  bool // the program wrote a single byte
	joined  bool // an earlier piece began them
	behind  bool // a request stood in front of them in the same piece
}

// keepRest keeps tail, in which there is no whole request, until the program goes on. What does not even begin a request is sent.
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
