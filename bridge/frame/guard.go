package frame

import (
	"bytes"
	"time"
)

// asked is the latest request that was sent. It is outstanding while it is open. AnswerMax does not end this: it only limits how long
// another request waits for its answer.
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

// question returns the request, or nil if the rule does not know it.
func (a *asked) question() []byte {
	if a.unknown {
		return nil
	}
	return a.text
}

// guarded reports whether answers are matched with requests.
func (l *Line) guarded() bool { return l.rule != nil && l.cfg.Guard != Off }

// answerBy returns until when other requests wait for the answer to the request under way.
func (l *Line) answerBy() time.Time {
	if !l.ask.settled.IsZero() {
		return l.ask.settled
	}
	return l.ask.since.Add(l.cfg.AnswerMax)
}

// holdsUpOthers reports whether another request has to wait: the answer to the one under way could be taken for its own.
func (l *Line) holdsUpOthers() bool {
	a := &l.ask
	return l.guarded() && a.open && a.kind != optional && (a.kind == anonymous || a.nobody)
}

// continuesUnknown reports whether what is written now belongs to the latest request, which no rule knows: nothing has come since, and
// the program has made no pause.
func (l *Line) continuesUnknown() bool {
	a := &l.ask
	return a.unknown && a.open && !a.nobody && a.settled.IsZero() && l.waiting == nil && l.pause < burstPause
}

// freeAt returns when req may be sent if nothing comes. The zero time, or one that has passed, means now. Same says that req repeats the
// request under way.
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

// blocked reports whether a request of which only the front is known has to wait.
func (l *Line) blocked() bool {
	return l.waiting != nil || l.holdsUpOthers() && !l.continuesUnknown() && l.now.Before(l.freeAt(nil, false)) ||
		l.guarded() && (l.ask.open && l.ask.kind == numbered || l.owed()) // it may have the same numbers
}

// late reports whether whatever comes now is late: the request under way has been given up, and no other has been sent.
func (l *Line) late() bool {
	return l.guarded() && (l.ask.open && l.ask.nobody || l.waiting != nil && !l.waiting.same || !l.left.IsZero() ||
		l.begun() == begunOther)
}

// unwantAnswer is called when the request that waits is dropped. The program still waits for its answer, and must not get that of the
// request under way instead, unless the two are the same.
func (l *Line) unwantAnswer() {
	if w := l.waiting; w != nil && !w.same {
		l.ask.nobody = l.ask.open
	}
}

// verdict returns why the whole message b, from the modem, is dropped; empty if it is not.
func (l *Line) verdict(b []byte) (reason string) {
	if l.guarded() {
		reason = l.judge(b, l.late() || l.in.fate == doomed)
	}
	if l.in.fate == doomed { // its front has been dropped, or is nobody's
		return DropLate
	}
	return reason
}

// judge returns the guard's verdict on the whole message b, and notes what b answers.
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
	if j == answered {
		l.answerTwin()
	}
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

// answerUnknown is the verdict on bytes that come when no rule knows the latest request. They are taken for its answer. If they are late
// more may follow, and the next request waits for a short silence.
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

// judgeUnasked is the verdict on a message that comes while no answer is outstanding.
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
	a.nth++ // its number is right, or a request without an answer has got one
	return ""
}

// judgeUnfit is the verdict on a message that does not fit the request under way. It is dropped only while an earlier request may be
// answered. Otherwise it is this meter's answer, odd as it is.
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

// answerRepeat drops a waiting repeat of the request whose answer, or the first part of it, has just come. If given is true the program
// gets that, and so the repeat is answered, too.
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

// repeatable reports whether the program would get the first answer whole if it repeated the request under way. Under Strict it would only
// if answers are numbered.
func (l *Line) repeatable() bool {
	a := &l.ask
	return (l.cfg.Guard != Strict || a.kind == numbered) && a.open && !a.unknown && !a.nobody && !a.odd && !a.mirrored &&
		a.nth == 0 && l.in.gone == 0 && l.in.fate != doomed
}

// repeats reports whether req repeats the request under way, and the program will get the first answer whole.
func (l *Line) repeats(req []byte) bool {
	return l.guarded() && l.repeatable() && bytes.Equal(req, l.ask.text)
}

// supersede drops what is held of an unfinished message, because the program asks anew. If the new request has to wait, the rest of the
// message is dropped as it comes. Front is what has been sent of the new request already: its echo stays. So does what may be the front of
// another echo, unless part of it has been handed over.
func (l *Line) supersede(o *Out, front []byte, sent bool, now time.Time) {
	m := &l.in
	b := m.buf[m.done:]
	if len(b) == 0 || bytes.HasPrefix(front, b) || m.gone == 0 && m.onItsWay(now) && l.returns(b, front) {
		return
	}
	reason := DropHeld
	if m.fate == doomed {
		reason = DropLate
	}
	o.drop(reason, m.rest())
	m.gone = m.size()
	if sent {
		l.sever()
	} else {
		m.fate = doomed
	}
}
