package frame

import "slices"

// severed is the front of a message that was dropped or handed over when a new request was sent or the session ended. The rest may
// still come. Nothing waits for it: the front may have been noise, and the new answer must not be lost because of it. But bytes that
// make no sense by themselves and continue the front are dropped.
type severed struct {
	front    []byte
	asked    []byte // the request that was under way when it began
	count    int64  // how many requests had been sent when it was cut off; the rest is wanted until the next one
	unwanted bool   // the front was dropped, and so is the rest
}

// wantsRest reports whether the rest of s is wanted.
func (l *Line) wantsRest(s *severed) bool { return !s.unwanted && s.count == l.stats.Requests }

// severedMost is how many messages that were cut off are remembered.
const severedMost = 2

// sever cuts off the message that is coming, because a new request is sent. Its bytes have been dropped.
func (l *Line) sever() {
	m := &l.in
	l.cutOff(l.front())
	m.done = len(m.buf)
	m.start(m.last, held)
}

// cutOff remembers cut, unless that is nil, as a message that was cut off. It may also continue one that was cut off before.
func (l *Line) cutOff(cut *severed) {
	m := &l.in
	for _, s := range l.cut {
		if len(s.front)+m.size() <= holdMost {
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

// front returns what has come of a message that is cut off now; nil if that is nothing, or too much. It is forgotten if nothing follows it
// for so long that another message would begin: see patience.
func (l *Line) front() *severed {
	m := &l.in
	if !l.guarded() || m.size() == 0 || m.size() > holdMost {
		return nil
	}
	return &severed{front: slices.Clone(m.buf[m.done:]), asked: slices.Clone(l.ask.question()), count: l.stats.Requests}
}

// addWanted adds b to the messages whose rest is wanted. It returns the message that b completes; more reports whether there was any to
// add it to.
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

// forgetSevered forgets the messages whose rest is not wanted, because another message has come since.
func (l *Line) forgetSevered() {
	if len(l.cut) > 0 {
		l.cut = slices.DeleteFunc(l.cut, func(s *severed) bool { return !l.wantsRest(s) })
	}
}

// severed reports whether the whole message b, which does not fit the request under way, may be part of a message that was cut off.
func (l *Line) severed(b []byte) bool {
	if len(l.cut) == 0 || l.in.gone > 0 {
		return false
	}
	if j := l.rule.judge(b, l.ask.question(), l.ask.nth); (j.fits() || j == onItsOwn && !l.ask.unknown) && !l.late() {
		return false
	}
	if rule, ok := l.rule.(sealer); ok && (l.cfg.Protocol != IEC || isBinaryMode(b)) && rule.sealed(b) {
		return false // its check sum is right: it is a message by itself
	}
	return slices.ContainsFunc(l.cut, func(s *severed) bool {
		e, joined := l.rejoin(s, b)
		return !l.wantsRest(s) && len(joined) <= holdMost && (!e.foreign || e.n > len(joined)-len(b))
	})
}

// dropSevered drops what continues a severed message at in.buf[at:], where n bytes make no sense by themselves. It returns how many bytes
// it has dropped.
func (l *Line) dropSevered(at, n int) int {
	buf := l.in.buf
	if len(l.cut) == 0 || l.in.gone > 0 {
		return 0
	}
	for _, s := range l.cut {
		if l.wantsRest(s) {
			continue
		}
		if rest, whole := l.restOf(s, buf[at:]); rest > 0 && (rest <= n || !l.answers(buf[at+n:]) && !l.damaged(whole)) {
			if l.late() {
				l.judge(whole, true) // it may be what others wait for
			}
			l.addRest(s, buf[at:at+rest], buf[at:])
			l.stats.Answers++
			l.stats.Late++
			l.out.drop(DropLate, buf[at:at+rest])
			return rest
		}
	}
	if !l.addRest(nil, buf[at:at+n], buf[at:]) {
		return 0
	}
	l.out.drop(DropLate, buf[at:at+n])
	return n
}

// addRest adds b to the messages whose rest is not wanted. It forgets the one that is whole with b, and those that what has come, b in front,
// does not continue. It reports whether one is left.
func (l *Line) addRest(whole *severed, b, come []byte) (more bool) {
	l.cut = slices.DeleteFunc(l.cut, func(s *severed) bool {
		if l.wantsRest(s) {
			return false
		}
		if e, _ := l.rejoin(s, come); s == whole || e.n > 0 || len(s.front)+len(b) > holdMost {
			return true
		}
		s.front, more = append(s.front, b...), true
		return false
	})
	return more
}

// damaged reports whether the whole message b has a wrong check sum: it may as well have ended there by chance.
func (l *Line) damaged(b []byte) bool {
	rule, ok := l.rule.(sealer)
	return ok && (l.cfg.Protocol != IEC || isBinaryMode(b)) && !rule.sealed(b)
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

// unwantRest notes that part of what was cut off has been dropped. The rest is dropped, too.
func (l *Line) unwantRest() {
	for _, s := range l.cut {
		s.unwanted = true
	}
}

// addUnwanted does the same as addWanted for messages whose rest is not wanted. The caller drops b.
func (l *Line) addUnwanted(b []byte) (whole []byte, more bool) {
	for _, s := range l.cut {
		if rest, whole := l.restOf(s, b); rest > 0 && !l.wantsRest(s) {
			l.addRest(s, b, b)
			return whole, true
		}
	}
	return nil, l.addRest(nil, b, b)
}

// restOf returns how many bytes at the front of b complete the severed message, and the message; 0 if b does not.
func (l *Line) restOf(s *severed, b []byte) (rest int, whole []byte) {
	e, joined := l.rejoin(s, b)
	front := len(joined) - len(b)
	if e.foreign || e.n <= front || e.n > len(joined) {
		return 0, nil
	}
	return e.n - front, joined[:e.n]
}

// rejoin measures the message that begins in the front of s and goes on in b. Noise in front of it is left out.
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

// sealedRest returns how many bytes at the front of what has come complete a severed message with a good check sum, although they look
// like the front of another message, of length n if that is known. It is 0 if they do not. A single byte does not count: it may well
// begin a message, as HDLC's flag does.
func (l *Line) sealedRest(n int) int {
	rule, ok := l.rule.(sealer)
	if !ok || n > 0 || l.in.gone > 0 {
		return 0
	}
	for _, s := range l.cut {
		b := l.in.buf[l.in.done:]
		if rest, whole := l.restOf(s, b); rest > 1 && !l.wantsRest(s) && rule.sealed(whole) {
			return rest
		}
	}
	return 0
}

// endsSevered reports whether all that is held is the rest of a severed message.
func (l *Line) endsSevered() bool {
	rest := l.in.rest()
	return l.in.gone == 0 && slices.ContainsFunc(l.cut, func(s *severed) bool {
		n, _ := l.restOf(s, rest)
		return !l.wantsRest(s) && n == len(rest)
	})
}
