package frame

import (
	"bytes"
	"time"
)

// asked is the latest whole request that was sent. It is outstanding while it is open; that does not end with AnswerMax,
// which only says how long others wait for its answer.
type asked struct {
	text   []byte
	kind   expectation
	open   bool      // its answer has not come
	nobody bool      // whoever asked has gone
	nth    int       // messages accepted for it
	since  time.Time // when it was sent, or the latest part of its answer came
}

// guarded tells whether answers are matched with requests.
func (l *Line) guarded() bool { return l.rule != nil && l.cfg.Guard != Off }

// answerBy is until when others wait for the answer to the request under way.
func (l *Line) answerBy() time.Time { return l.ask.since.Add(l.cfg.AnswerMax) }

// blocked tells whether another request has to wait, because the answer to the one under way would be taken for its own.
func (l *Line) blocked(now time.Time) bool {
	if !l.guarded() || !l.ask.open || l.ask.kind != anonymous && !l.ask.nobody {
		return false
	}
	return now.Before(l.answerBy()) || l.in.onItsWay(now)
}

// freeAt is when blocked ends if nothing comes.
func (l *Line) freeAt() time.Time {
	by := l.answerBy()
	if last := l.in.last.Add(arriving); l.in.size() > 0 && last.After(by) {
		return last
	}
	return by
}

// late tells whether the answer to the request under way is not wanted any more.
func (l *Line) late() bool {
	return l.guarded() && l.ask.open && !l.loose && (l.ask.nobody || l.waiting != nil && !l.waiting.same)
}

// unwanted notes that the request that waits is given up. The program goes on waiting for its answer, and must not be given
// that of the request under way instead, unless they are the same.
func (l *Line) unwanted() {
	if w := l.waiting; w != nil && !w.same {
		l.ask.nobody = l.ask.open
	}
}

// Inherit takes over from old, which stood between the same meter and its programs under another configuration, the request
// whose answer may still come: it is nobody's. Under another protocol no answer could be told, and nothing is taken over.
func (l *Line) Inherit(old *Line, now time.Time) {
	if l.cfg.Protocol != old.cfg.Protocol || !old.ask.open || !now.Before(old.answerBy()) {
		return
	}
	l.ask = old.ask
	l.ask.text = bytes.Clone(old.ask.text)
	l.ask.nobody, l.ask.since = true, now
}

// verdict tells why the whole message b, from the modem, is to be dropped; empty: it is not.
func (l *Line) verdict(b []byte) (reason string) {
	if l.guarded() {
		reason = l.judge(b)
	}
	if l.in.fate == doomed { // its front has gone already, or is nobody's
		return DropLate
	}
	return reason
}

// judge is the verdict of the guard. It notes what b answers.
func (l *Line) judge(b []byte) (reason string) {
	a := &l.ask
	late := l.late() || l.in.fate == doomed
	j := l.rule.judge(b, a.text, a.nth)
	switch {
	case j == onItsOwn:
		return ""
	case a.open && j == rejected:
		reason = DropLate
	case a.open:
		a.nth++
		a.since = l.in.last
		if j == answered {
			a.open = false
			l.answered(!late)
		}
		if late {
			reason = DropLate
		}
	case a.kind == anonymous || len(a.text) == 0:
		reason = DropUnasked
	case j == rejected:
		reason = DropLate
	default: // the number is right, or what should have no answer has one
		a.nth++
	}
	if l.loose {
		return ""
	}
	return reason
}

// answered settles a waiting repeat of the request that has just been answered: if the program gets that answer, the repeat
// has been answered too.
func (l *Line) answered(given bool) {
	if w := l.waiting; w != nil && w.same && given {
		l.waiting = nil
		l.out.dropRequest(DropRepeat, w.text)
	}
}

// repeats tells whether req is the request under way once more, and the program can still be given its first answer whole.
func (l *Line) repeats(req []byte) bool {
	a := &l.ask
	return l.cfg.Guard != Strict && a.open && !a.nobody && a.nth == 0 && l.in.gone == 0 && l.in.fate != doomed &&
		bytes.Equal(req, a.text)
}

// supersede drops what is held of an unfinished message, because the program asks anew. If the new request has to wait,
// the rest of that message is dropped as it comes.
func (l *Line) supersede(o *Out, sent bool, now time.Time) {
	m := &l.in
	if m.size() == 0 {
		return
	}
	reason := DropHeld
	if m.fate == doomed {
		reason = DropLate
	}
	o.drop(reason, m.rest())
	m.gone = m.size()
	if sent {
		l.sever(now)
	} else {
		m.fate = doomed
	}
}

// Abandon tells that whoever asked has gone: the answer is nobody's, and is dropped when it comes. What is held is dropped
// with the next call. A request that waits still leaves when its time comes, unless it is withdrawn.
func (l *Line) Abandon() {
	l.ask.nobody = l.ask.open
	l.loose = false
	if l.in.size() > 0 {
		l.in.fate = doomed
	}
	if l.waiting != nil {
		l.waiting.nobody = true
	}
	l.part.at = time.Time{} // what the next program writes does not continue it
}
