package frame

import "time"

const (
	// holdMost is how much of an unfinished message is held, in bytes.
	holdMost = 2 << 10
	// messageMost is how long a message may be for its end to be looked for, in bytes: each read looks at all of it again.
	messageMost = 256 << 10
	// smoothEvery is how often a smoothed message is handed on; half of Hold if that is less.
	smoothEvery = 100 * time.Millisecond
)

// hold hands over, or drops, what is to be held no longer of the unfinished message.
func (l *Line) hold(now time.Time) {
	m := &l.in
	switch {
	case m.size() == 0:
		return
	case l.cfg.Protocol == Gap:
		if m.size() > holdMost || now.Sub(m.last) >= l.cfg.Gap || now.Sub(m.first) >= l.cfg.Hold {
			l.endUnfinished()
		}
		return
	case m.size() > messageMost:
		l.endUnfinished()
		l.ask.since = now // as after any part of an answer
		return
	case m.fate == held:
		if now.Sub(m.first) >= l.cfg.Hold && l.rule != nil { // what was asked since may tell what it is
			l.parse(len(m.buf), now)
		}
		l.endHold(now)
	case m.fate != doomed && l.late():
		m.fate = doomed
	}
	switch rest := m.rest(); m.fate {
	case held:
	case smoothed:
		l.smooth(now)
	case passing:
		if len(rest) > 0 && l.guarded() && l.ask.open && l.ask.unknown && !l.echoComes() {
			l.answerUnknown(false)
		}
		l.out.give(rest)
		m.gone = m.size()
	case doomed:
		l.out.drop(DropLate, rest)
		m.gone = m.size()
	}
}

// endHold decides what becomes of a held message that is not to be held longer.
func (l *Line) endHold(now time.Time) {
	m := &l.in
	over := now.Sub(m.first) >= l.cfg.Hold
	switch {
	case !over && len(m.rest()) <= holdMost, l.guarded() && (l.unsure() || l.partReturns()):
		return
	case l.withheld():
		if !m.onItsWay(now) {
			l.endUnfinished()
		}
		return
	case over && l.endsSevered():
		l.forgetSevered()
		l.out.drop(DropLate, m.rest())
		m.done = len(m.buf)
		m.start(m.last, l.fate())
		return
	case over && l.wholeIfSilent():
		l.message(m.rest())
		m.done = len(m.buf)
		m.start(m.last, l.fate())
		return
	}
	l.stats.Overheld++
	if w := l.waiting; w != nil && w.same && !l.late() && !w.returned && l.owesEcho(w.at) && !l.echoComes() {
		w.returned = true
		l.out.give(l.ask.text)
	}
	switch {
	case l.late():
		m.fate = doomed
	case over && !m.stream:
		m.fate = passing
	default:
		m.fate, m.next, m.step = smoothed, now, l.stepOf(len(m.rest()))
	}
}

// stepOf is how much of n bytes to hand over at a time, so that they last for about Hold.
func (l *Line) stepOf(n int) int {
	steps := max(1, int(l.cfg.Hold/l.every))
	return max(1, (n+steps-1)/steps)
}

// smooth hands over a little of the message if it is time, so that a program that allows only for short pauses between
// characters does not see those of the network. What was buffered at its last byte bridges a pause of about Hold.
func (l *Line) smooth(now time.Time) {
	m := &l.in
	rest := m.rest()
	if len(rest) == 0 {
		return
	}
	n := max(0, len(rest)-holdMost)
	if !now.Before(m.next) {
		n = max(n, min(m.step, len(rest)))
		m.next = now.Add(l.every)
	}
	l.out.give(rest[:n])
	m.gone += n
}

// heldUntil is when hold has something to do; the zero time: not before bytes come.
func (l *Line) heldUntil() time.Time {
	m := &l.in
	switch {
	case len(m.rest()) == 0:
		return time.Time{}
	case l.cfg.Protocol == Gap:
		return sooner(m.last.Add(l.cfg.Gap), m.first.Add(l.cfg.Hold))
	case m.fate == held && l.guarded() && (l.unsure() || l.partReturns()):
		return later(m.first.Add(l.cfg.Hold), l.begunUntil())
	case m.fate == held && l.withheld():
		return later(m.first.Add(l.cfg.Hold), m.last.Add(arriving))
	case m.fate == held:
		return m.first.Add(l.cfg.Hold)
	case m.fate == smoothed:
		return m.next
	}
	return m.first // doomed by Abandon: at once
}

// wholeIfSilent reports whether what is held is a message, shorter than its rule takes it for.
func (l *Line) wholeIfSilent() bool {
	rule, ok := l.rule.(silencer)
	return ok && l.in.gone == 0 && rule.wholeIfSilent(l.in.buf[l.in.done:], l.ask.question())
}

// withheld reports whether what comes is not to be handed over before it is whole, however long that takes: it may be the answer
// to an earlier request, or has no name, or is the front of an echo that the program is not to see.
func (l *Line) withheld() bool {
	return l.guarded() && !l.late() && l.in.gone == 0 && (l.in.stream && l.unnamed() || l.mayBeOwed() || l.cfg.Echo == EchoDrop && l.echoComes())
}

// unnamed reports whether what comes lacks what the answer to the request under way begins with: the meter's name. It is not
// handed over before it is whole, since the name that is missing may have been another meter's, and come late.
func (l *Line) unnamed() bool {
	rule, ok := l.rule.(namer)
	return ok && l.guarded() && l.ask.open && l.ask.nth == 0 && rule.unnamed(l.ask.question())
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
