package frame

import "time"

const (
	// holdMost limits how much of an unfinished message is held, in bytes.
	holdMost = 2 << 10
	// messageMost limits the length of a message, in bytes: each read measures all of it again.
	messageMost = 256 << 10
	// smoothEvery is the pause between two pieces of a smoothed message; half of Hold if that is shorter.
	smoothEvery = 100 * time.Millisecond
)

// hold hands over or drops what need not be held any longer of the unfinished message.
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
		if now.Sub(m.first) >= l.cfg.Hold && l.rule != nil { // what was asked meanwhile may tell what it is
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
		if l.passesNoEcho() {
			return
		}
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

// endHold decides what becomes of a held message when its time is over.
func (l *Line) endHold(now time.Time) {
	m := &l.in
	over := now.Sub(m.first) >= l.cfg.Hold
	switch {
	case !over && len(m.rest()) <= holdMost, l.guarded() && (l.unsure() || l.partReturns()):
		return
	case l.withheld():
		if now.Sub(m.last) >= l.patience() {
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

// stepOf returns how many of n bytes to hand over at a time, so that they last for about Hold.
func (l *Line) stepOf(n int) int {
	steps := max(1, int(l.cfg.Hold/l.every))
	return max(1, (n+steps-1)/steps)
}

// smooth hands over the next piece of the message if it is time. A program that allows only short pauses between characters then does
// not see those of the network: what is buffered bridges a pause of about Hold.
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

// heldUntil returns when hold has something to do; the zero time if not before bytes come.
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
		return later(m.first.Add(l.cfg.Hold), m.last.Add(l.patience()))
	case m.fate == held:
		return m.first.Add(l.cfg.Hold)
	case m.fate == smoothed:
		return m.next
	case l.passesNoEcho():
		return m.last.Add(arriving)
	}
	return m.first // Abandon has doomed it: at once
}

// wholeIfSilent reports whether what is held is a whole message that is shorter than its rule expects.
func (l *Line) wholeIfSilent() bool {
	rule, ok := l.rule.(silencer)
	return ok && l.in.gone == 0 && rule.wholeIfSilent(l.in.buf[l.in.done:], l.ask.question())
}

// passesNoEcho reports whether what comes is not handed over although it need not be held: it may be the front of an echo that the program
// does not want to see.
func (l *Line) passesNoEcho() bool {
	m := &l.in
	return l.cfg.Echo == EchoDrop && m.fate == passing && m.gone == 0 && m.onItsWay(l.now) && l.echoComes()
}

// withheld reports whether what comes must not be handed over before it is whole, however long that takes. It may be the answer to an
// earlier request, its meter's name may be missing, or it begins an echo that the program does not want to see.
func (l *Line) withheld() bool {
	return l.guarded() && !l.late() && l.in.gone == 0 && (l.in.stream && l.unnamed() || l.mayBeOwed() || l.cfg.Echo == EchoDrop && l.echoComes())
}

// unnamed reports whether the answer to the request under way begins with the meter's name, and that has not come. The name may have
// been another meter's, and dropped as late.
func (l *Line) unnamed() bool {
	rule, ok := l.rule.(namer)
	return ok && l.guarded() && l.ask.open && l.ask.nth == 0 && rule.unnamed(l.ask.question())
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
