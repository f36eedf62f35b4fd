package frame

import (
	"slices"
	"time"
)

// severed is the front of a message that was dropped, or had been handed over, when a new request was sent. The rest of it
// may still come. It is not waited for, since the front may as well have been noise, and the new answer must not be lost
// for it; but what makes no sense by itself and continues the front is dropped, too.
type severed struct {
	front []byte
	asked []byte // the request under which it began
}

// sever ends the message under way, whose bytes have been dropped, at a new request.
func (l *Line) sever(now time.Time) {
	m := &l.in
	if l.guarded() && m.onItsWay(now) && m.size() <= holdMost {
		l.cut = &severed{front: slices.Clone(m.buf[m.over:]), asked: slices.Clone(l.ask.question())}
	}
	m.over = len(m.buf)
	m.start(m.last, held)
}

// dropSevered drops what continues a severed message at in.buf[at:], where n bytes make no sense by themselves. It tells how many
// bytes it dropped.
func (l *Line) dropSevered(at, n int) int {
	s, buf := l.cut, l.in.buf
	if s == nil || l.ask.unknown || l.in.gone > 0 {
		return 0
	}
	joined := slices.Concat(s.front, buf[at:])
	e := l.rule.answer(joined, s.asked)
	switch whole := e.n > 0 && e.n <= len(joined); {
	case whole && !e.foreign && e.n > len(s.front):
		n = e.n - len(s.front)
		l.cut = nil
		l.stats.Answers++
		l.stats.Late++
	case !whole && len(s.front)+n <= holdMost:
		s.front = append(s.front, buf[at:at+n]...)
	default:
		l.cut = nil
		return 0
	}
	l.out.drop(DropLate, buf[at:at+n])
	return n
}
