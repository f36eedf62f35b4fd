package frame

import (
	"slices"
	"time"
)

// severed is the front of a message that was dropped, or had been handed over, when a new request was sent or the session
// ended. The rest of it may still come. It is not waited for, since the front may as well have been noise, and the new
// answer must not be lost for it; but what makes no sense by itself and continues the front is dropped, too.
type severed struct {
	front    []byte
	asked    []byte // the request under which it began
	count    int64  // requests that had been sent when it was cut off: the rest is wanted until there is another
	unwanted bool   // the front was dropped: so is the rest at any time
}

// wants reports whether the rest of s is wanted.
func (l *Line) wantsRest(s *severed) bool { return !s.unwanted && s.count == l.stats.Requests }

// severedMost is how many messages are remembered that were cut off.
const severedMost = 2

// sever ends the message under way, whose bytes have been dropped, at a new request. It may be a message, or the rest of one that
// had been cut off before.
func (l *Line) sever(now time.Time) {
	m := &l.in
	l.cutOff(l.front(now), now)
	m.done = len(m.buf)
	m.start(m.last, held)
}

// cutOff remembers cut, if it is not nil, among the messages that were cut off. It may as well be more of one of them.
func (l *Line) cutOff(cut *severed, now time.Time) {
	m := &l.in
	for _, s := range l.cut {
		if m.onItsWay(now) && len(s.front)+m.size() <= holdMost {
			s.front = append(s.front, m.buf[m.done:]...)
		}
	}
	if cut != nil {
		l.cut = append(l.cut, cut)
	}
	if n := len(l.cut); n > severedMost {
		l.cut = slices.Delete(l.cut, 0, n-severedMost)
	}
}

// front is what has come of a message that is cut off now; nil where that does not matter.
func (l *Line) front(now time.Time) *severed {
	m := &l.in
	if !l.guarded() || !m.onItsWay(now) || m.size() > holdMost {
		return nil
	}
	return &severed{front: slices.Clone(m.buf[m.done:]), asked: slices.Clone(l.ask.question()), count: l.stats.Requests}
}

// follow notes that b has come, where the rest of a message that was cut off is wanted: it is a part of that. It returns the message
// if b ends it; more reports whether there is one.
func (l *Line) addWanted(b []byte) (whole []byte, more bool) {
	l.cut = slices.DeleteFunc(l.cut, func(s *severed) bool {
		if !l.wantsRest(s) {
			return false
		}
		more = true
		s.front = append(s.front, b...)
		e := l.rule.answer(s.front, s.asked)
		if e.n > 0 && e.n <= len(s.front) {
			whole = s.front
			return true
		}
		return len(s.front) > holdMost
	})
	return whole, more
}

// forgetSevered forgets those messages whose rest would be late: another one has come since.
func (l *Line) forgetSevered() {
	if len(l.cut) > 0 {
		l.cut = slices.DeleteFunc(l.cut, func(s *severed) bool { return !l.wantsRest(s) })
	}
}

// severed reports whether the whole message b, which does not fit the request under way, may be a part of a severed one.
func (l *Line) severed(b []byte) bool {
	if len(l.cut) == 0 || l.in.gone > 0 {
		return false
	}
	if j := l.rule.judge(b, l.ask.question(), l.ask.nth); (j.fits() || j == onItsOwn) && !l.late() {
		return false
	}
	return slices.ContainsFunc(l.cut, func(s *severed) bool {
		e, joined := l.rejoin(s, b)
		return !l.wantsRest(s) && len(joined) <= holdMost && (!e.foreign || e.n > len(joined)-len(b))
	})
}

// dropSevered drops what continues a severed message at in.buf[at:], where n bytes make no sense by themselves. It tells how many
// bytes it dropped.
func (l *Line) dropSevered(at, n int) int {
	buf := l.in.buf
	if len(l.cut) == 0 || l.in.gone > 0 {
		return 0
	}
	more := false
	for _, s := range l.cut {
		if l.wantsRest(s) {
			continue
		}
		if rest := l.restOf(s, buf[at:]); rest > 0 && (rest <= n || !l.answers(buf[at+n:])) {
			if l.late() {
				l.judge(slices.Concat(s.front, buf[at:at+rest]), true) // it may be what others wait for
			}
			l.forgetSevered()
			l.stats.Answers++
			l.stats.Late++
			l.out.drop(DropLate, buf[at:at+rest])
			return rest
		}
		if e, _ := l.rejoin(s, buf[at:]); e.n == 0 && len(s.front)+n <= holdMost {
			s.front = append(s.front, buf[at:at+n]...)
			more = true
		}
	}
	if !more {
		l.forgetSevered()
		return 0
	}
	l.out.drop(DropLate, buf[at:at+n])
	return n
}

// answers reports whether b begins with a whole answer to the request under way.
func (l *Line) answers(b []byte) bool {
	if len(b) == 0 || l.late() {
		return false
	}
	q := l.ask.question()
	e := l.rule.answer(b, q)
	return !e.foreign && e.n > 0 && e.n <= len(b) && l.rule.judge(b[:e.n], q, l.ask.nth).fits()
}

// unwantRest notes that a part of what was cut off was dropped: so is the rest.
func (l *Line) unwantRest() {
	for _, s := range l.cut {
		s.unwanted = true
	}
}

// addUnwanted is follow for b, which is dropped, and messages whose rest is not wanted.
func (l *Line) addUnwanted(b []byte) (whole []byte, more bool) {
	for _, s := range l.cut {
		if l.wantsRest(s) {
			continue
		}
		e, joined := l.rejoin(s, b)
		switch {
		case e.foreign, len(joined) > holdMost, e.n > len(joined), e.n > 0 && e.n <= len(joined)-len(b):
			continue
		case e.n > 0:
			l.forgetSevered()
			return joined[:e.n], true
		}
		s.front = joined
		return nil, true
	}
	return nil, false
}

// restOf is how many bytes at the front of b end the severed message; 0: none do.
func (l *Line) restOf(s *severed, b []byte) int {
	e, joined := l.rejoin(s, b)
	front := len(joined) - len(b)
	if e.foreign || e.n <= front || e.n > len(joined) {
		return 0
	}
	return e.n - front
}

// rejoin measures the message that is the front of s and b together. What stood in front of it, and belongs to none, is left out.
func (l *Line) rejoin(s *severed, b []byte) (e extent, joined []byte) {
	joined = slices.Concat(s.front, b)
	for {
		e = l.rule.answer(joined, s.asked)
		if !e.foreign || e.n >= len(joined)-len(b) {
			return e, joined
		}
		joined = joined[e.n:]
	}
}

// sealedRest is how many bytes at the front of what has come end a severed message, if those look like the front of a message of
// their own (a single one may well be that, as a flag is), of which n bytes are known to be one; 0: none do. With them the severed message has a good check sum.
func (l *Line) sealedRest(n int) int {
	rule, ok := l.rule.(sealer)
	if !ok || n > 0 || l.in.gone > 0 {
		return 0
	}
	for _, s := range l.cut {
		b := l.in.buf[l.in.done:]
		if rest := l.restOf(s, b); rest > 1 && !l.wantsRest(s) && rule.sealed(slices.Concat(s.front, b[:rest])) {
			return rest
		}
	}
	return 0
}

// endsSevered reports whether all that is held is the rest of a severed message.
func (l *Line) endsSevered() bool {
	rest := l.in.rest()
	return l.in.gone == 0 && slices.ContainsFunc(l.cut, func(s *severed) bool {
		return !l.wantsRest(s) && l.restOf(s, rest) == len(rest)
	})
}
