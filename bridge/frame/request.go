package frame

import (
	"slices"
	"time"
)

const (
	// partMax is how long an unfinished request is taken for one without more of it.
	partMax = time.Second
	// partMost is how long one may be, in bytes.
	partMost = 16 << 10
)

// part is a request that the program has not finished.
type part struct {
	text []byte
	sent int       // bytes at its front that are on their way
	at   time.Time // when its latest byte was written
}

func (p *part) unsent() int { return len(p.text) - p.sent }

// FromProgram takes p, which the program wrote: best one whole request, but it may be several, or pieces.
func (l *Line) FromProgram(p []byte, now time.Time) Out {
	o := &l.asks
	*o = Out{ToModem: o.ToModem[:0]} // drops stay valid for longer, and are rare
	l.wire = l.wire[:0]
	if len(p) == 0 {
		return *o
	}
	l.chars.resume(p)
	text := p
	if l.chars.active() {
		l.text = l.chars.text(l.text[:0], p)
		text = l.text
	}
	if l.rule == nil {
		if l.cfg.Protocol == Gap && now.Sub(l.wrote) >= l.cfg.Gap {
			l.supersede(o, true, now)
		}
		l.wrote = now
		l.leave(o, text)
		return *o
	}
	if len(l.part.text) > 0 && now.Sub(l.part.at) >= partMax {
		l.giveUpPart(o)
	}
	l.release(o, now)
	l.write(o, text, now)
	return *o
}

// write finds the requests in text.
func (l *Line) write(o *Out, text []byte, now time.Time) {
	work, sent, joined := text, 0, len(l.part.text) > 0
	if joined {
		l.part.text = append(l.part.text, text...)
		work, sent = l.part.text, l.part.sent
	}
	lead, at := 0, 0 // where what stands in front of a request begins, and where the request does
	for at < len(work) {
		e := l.rule.request(work[at:])
		if e.n <= 0 || e.n > len(work)-at {
			break
		}
		at += e.n
		if !e.foreign {
			l.request(o, work[lead:at], at-e.n-lead, min(max(0, sent-lead), at-lead), now)
			lead = at
		}
	}
	if len(work)-at > partMost {
		at = len(work)
	}
	keep, sent := l.remain(o, work[lead:], at-lead, max(0, sent-lead), now)
	switch {
	case !joined:
		l.part.text = append(l.part.text[:0], keep...)
	case len(keep) < len(work): // the present array may be in o
		l.part.text = slices.Clone(keep)
	}
	l.part.sent, l.part.at = sent, now
}

// request takes one request, at text[from:], and what stands in front of it; sent bytes of text are on their way already.
func (l *Line) request(o *Out, text []byte, from, sent int, now time.Time) {
	req := text[from:]
	l.loose = false
	if sent > from || !l.blocked(now) {
		l.stats.UnparsedToModem += int64(from)
		l.send(o, text[sent:], req, false, now)
		return
	}
	same := l.repeats(req)
	w := &waiting{text: slices.Clone(text[sent:]), from: from - sent, to: len(text) - sent, same: same}
	if same {
		l.stats.Repeats++
	} else {
		l.stats.Waited++
		l.supersede(o, false, now)
	}
	if old := l.waiting; old != nil {
		reason := DropReplaced
		if old.same {
			reason = DropRepeat
		}
		o.dropRequest(reason, old.text)
	}
	l.waiting = w
}

// remain takes tail, which has no whole request: foreign bytes and then an unfinished one, of all of which sent bytes are
// on their way already. It returns what is to be looked at again with what follows, and how much of that is on its way.
func (l *Line) remain(o *Out, tail []byte, foreign, sent int, now time.Time) (keep []byte, gone int) {
	if unfinished := tail[foreign:]; len(unfinished) > 0 {
		waits := l.waiting != nil || l.blocked(now)
		if waits && sent <= foreign || l.altersLater(unfinished) {
			return tail, sent
		}
	}
	l.pass(o, tail[sent:])
	l.unparsed(tail, foreign)
	return tail[foreign:], len(tail) - foreign
}

// altersLater tells whether an unfinished request holds what is to be altered when it is whole.
func (l *Line) altersLater(unfinished []byte) bool {
	return l.cfg.FixedSpeed != 0 && unfinished[0] == ack && len(unfinished) > speedAt
}

// giveUpPart takes the unfinished request for none.
func (l *Line) giveUpPart(o *Out) {
	p := l.part
	l.part = part{}
	l.pass(o, p.text[p.sent:])
	l.unparsed(p.text, len(p.text))
}

// unparsed notes that the program wrote b, which is no request, or not yet: n bytes of it never will be. Whatever comes now
// may be the answer, so that a wrong protocol in the configuration hurts nobody.
func (l *Line) unparsed(b []byte, n int) {
	l.stats.UnparsedToModem += int64(n)
	if l.waiting == nil && !isWakeUp(b) {
		l.loose = true
	}
}

// isWakeUp tells whether b only wakes a meter up, or is the noise of a line that is switched: NUL for IEC 62056-21's
// battery meters, 55 for M-Bus, all ones, each with or without parity.
func isWakeUp(b []byte) bool {
	for _, c := range b {
		if c != 0x00 && c != 0x55 && c|0x80 != 0xff {
			return false
		}
	}
	return true
}
