package frame

import (
	"bytes"
	"time"
)

// asked is the latest request that was sent. It is outstanding while it is open; that does not end with AnswerMax, which
// only says how long others wait for its answer.
type asked struct {
	text     []byte
	kind     expectation
	open     bool      // its answer has not come
	unknown  bool      // no rule knows it: whatever comes may be its answer
	nobody   bool      // whoever asked has gone
	named    bool      // the first part of its answer has been handed over
	odd      bool      // what has been handed over does not fit it
	echoed   time.Time // when the line returned it; zero: it has not
	before   int       // messages accepted for it before the present call
	fresh    bool      // all of its answer has come with the present call
	inHand   bool      // its answer is being handed over
	mirrored bool      // what has been handed over was its answer, or its echo
	nth      int       // messages accepted for it
	since    time.Time // when it was sent, or the latest part of its answer came
	settled  time.Time // when what has come of the answer counts as all of it; zero: nothing has that could be all
}

// question is the request as the rule knows it.
func (a *asked) question() []byte {
	if a.unknown {
		return nil
	}
	return a.text
}

// guarded reports whether answers are matched with requests.
func (l *Line) guarded() bool { return l.rule != nil && l.cfg.Guard != Off }

// answerBy is until when others wait for the answer to the request under way.
func (l *Line) answerBy() time.Time {
	if !l.ask.settled.IsZero() {
		return l.ask.settled
	}
	return l.ask.since.Add(l.cfg.AnswerMax)
}

// holdsUp reports whether the answer to the request under way could be taken for that of another request.
func (l *Line) holdsUpOthers() bool {
	a := &l.ask
	return l.guarded() && a.open && a.kind != optional && (a.kind == anonymous || a.nobody)
}

// joins reports whether what is written now belongs to the latest request, which no rule knows: nothing has come since, and
// the program has made no pause.
func (l *Line) continuesUnknown() bool {
	a := &l.ask
	return a.unknown && a.open && !a.nobody && a.settled.IsZero() && l.waiting == nil && l.pause < burstPause
}

// freeAt is when req may be sent if nothing comes: the zero time or one that has passed means now. It is never the zero time
// while a message of the answer under way is arriving.
func (l *Line) freeAt(req []byte, same bool) time.Time {
	if !same && !l.holdsUpOthers() {
		return l.confusedUntil(req)
	}
	if !l.ask.open {
		return l.now
	}
	by := later(l.answerBy(), l.confusedUntil(req))
	if last := l.in.last.Add(arriving); l.holdsUpOthers() && l.in.size() > 0 && last.After(by) {
		by = last
	}
	if by.IsZero() {
		return l.now
	}
	return by
}

// blocked reports whether a request that is not known yet has to wait.
func (l *Line) blocked() bool {
	return l.waiting != nil || l.holdsUpOthers() && !l.continuesUnknown() && l.now.Before(l.freeAt(nil, false)) ||
		l.guarded() && (l.ask.open && l.ask.kind == numbered || l.owed()) // it may have the same numbers
}

// late reports whether nothing that comes now can be for whoever has the port: the answer under way is not wanted any
// more, and nothing else has been asked.
func (l *Line) late() bool {
	return l.guarded() && (l.ask.open && l.ask.nobody || l.waiting != nil && !l.waiting.same || !l.left.IsZero() ||
		l.begun() == begunOther)
}

// unwanted notes that the request that waits is given up. The program goes on waiting for its answer, and must not be given
// that of the request under way instead, unless they are the same.
func (l *Line) unwantAnswer() {
	if w := l.waiting; w != nil && !w.same {
		l.ask.nobody = l.ask.open
	}
}

// verdict tells why the whole message b, from the modem, is to be dropped; empty: it is not.
func (l *Line) verdict(b []byte) (reason string) {
	if l.guarded() {
		reason = l.judge(b, l.late() || l.in.fate == doomed)
	}
	if l.in.fate == doomed { // its front has gone already, or is nobody's
		return DropLate
	}
	return reason
}

// judge is the verdict of the guard. It notes what b answers.
func (l *Line) judge(b []byte, late bool) (reason string) {
	a := &l.ask
	l.prune()
	j := l.rule.judge(b, a.question(), a.nth)
	switch {
	case j == onItsOwn && !a.unknown:
		return ""
	case a.open && a.unknown:
		if l.answersEarlier(b) {
			return DropLate
		}
		return l.answerUnknown(late)
	case !a.open:
		return l.judgeUnasked(b, j, late)
	case !j.fits():
		return l.judgeUnfit(b, j, late)
	}
	a.nth++
	a.since = l.in.last
	a.settled, a.odd = time.Time{}, false
	a.named = a.named || !late
	l.answerRepeat(!late)
	switch j {
	case answered:
		l.oddly, a.fresh = false, !late && a.before == 0 && l.in.gone == 0
		l.learnEcho(true)
		l.close()
	case partOrAll:
		a.settled = a.since.Add(arriving)
	}
	if late {
		return DropLate
	}
	return ""
}

// close notes that the request under way has been answered.
func (l *Line) close() { l.ask.open, l.freed = false, l.now }

// heard is the verdict on whatever comes when the latest request is one that no rule knows. If it is late, more of it may
// follow, and nothing else is asked before that has come to an end.
func (l *Line) answerUnknown(late bool) (reason string) {
	a := &l.ask
	l.learnEcho(true)
	if late {
		a.settled = l.now.Add(l.cfg.Gap)
		return DropLate
	}
	l.close()
	return ""
}

// judgeUnasked is the verdict on a message that comes when no answer is outstanding.
func (l *Line) judgeUnasked(b []byte, j judgement, late bool) (reason string) {
	a := &l.ask
	switch {
	case l.answersEarlier(b):
		return DropLate
	case !late && a.odd && j.fits():
		a.odd = false
		return ""
	case !late && (a.unknown || l.part.mayBeAnswered(l.now)):
		return ""
	case a.kind == anonymous, a.kind == optional, len(a.text) == 0, !j.fits():
		return DropUnasked
	case late:
		return DropLate
	}
	a.nth++ // the number is right, or what should have no answer has one
	return ""
}

// judgeUnfit is the verdict on a message that does not fit the request under way. It is dropped only while an earlier
// request may be answered; else it can be nothing but what this meter has to say.
func (l *Line) judgeUnfit(b []byte, j judgement, late bool) (reason string) {
	a := &l.ask
	switch {
	case l.answersEarlier(b):
		return DropLate
	case late:
		if j == unlike {
			l.close()
		}
		return DropLate
	case l.owed():
		l.strikeOff(b)
		return DropUnfit
	}
	l.stats.Odd++
	a.odd = true
	if j == unlike || l.oddly {
		l.close()
		l.answerRepeat(true)
	}
	return ""
}

// answered settles a waiting repeat of the request to which an answer, or the first part of one, has just come: if the program
// gets that, the repeat is answered too.
func (l *Line) answerRepeat(given bool) {
	w := l.waiting
	if w == nil || !w.same || !given {
		return
	}
	l.waiting = nil
	if !w.returned && l.owesEcho(w.at) {
		l.out.give(w.text)
	}
	l.out.dropRequest(DropRepeat, w.text)
}

// repeatable reports whether the program could still be given the first answer, whole, if it repeated the request under way.
// Under Strict it is given only an answer that carries the number of the request.
func (l *Line) repeatable() bool {
	a := &l.ask
	return (l.cfg.Guard != Strict || a.kind == numbered) && a.open && !a.unknown && !a.nobody && !a.odd && !a.mirrored &&
		a.nth == 0 && l.in.gone == 0 && l.in.fate != doomed
}

// repeats reports whether req is the request under way once more, and the program can still be given its first answer whole.
func (l *Line) repeats(req []byte) bool {
	return l.guarded() && l.repeatable() && bytes.Equal(req, l.ask.text)
}

// supersede drops what is held of an unfinished message, because the program asks anew. If the new request has to wait,
// the rest of that message is dropped as it comes. What may be the echo of the front of the new request stays: that has been
// sent already.
func (l *Line) supersede(o *Out, front []byte, sent bool, now time.Time) {
	m := &l.in
	if m.size() == 0 || l.returns(m.buf[m.done:], front) {
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
