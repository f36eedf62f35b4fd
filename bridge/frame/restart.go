package frame

import (
	"slices"
)

// restarted looks for the place in work where the program has given up one request and begun another. Work does not begin with a
// request, but its latest bytes do, or the bytes behind the latest pause, or what shows that the bytes before it become none. It returns
// 0 if there is no such place.
func (l *Line) restarted(work []byte, latest int) (begin int) {
	if latest == len(work) || l.leadsWith(work) > 0 {
		return 0
	}
	if begin = l.part.resumed; begin > 0 && (l.leadsWith(work[begin:]) > 1 || l.breaksOff(work, begin) && l.begins(work[begin:])) {
		return begin
	}
	begin = len(work) - latest
	if e := l.rule.request(work); e.foreign && e.n > 1 && e.n <= begin {
		return e.n
	}
	if l.leadsWith(work[begin:]) >= restartLeast || isWakeUp(work[begin:]) && l.breaksOff(work, begin) {
		return begin
	}
	return 0
}

// breaksOff reports whether the first n bytes of work could become a request, but work as a whole cannot. Bytes that wake the meter may
// precede it.
func (l *Line) breaksOff(work []byte, n int) bool {
	for n > 0 && isWakeUp(work[:1]) {
		work, n = work[1:], n-1
	}
	return n > 0 && l.begins(work[:n]) && l.rule.request(work).foreign
}

// begins reports whether b could become a request.
func (l *Line) begins(b []byte) bool { return l.rule.request(b).n == 0 }

// restartLeast is the length from which a request is distinguished from a piece of the one that has been begun.
const restartLeast = 6

// giveUpFront gives up front, which the program began and did not finish. The first sent bytes of it have left: they may be returned
// and answered. The others are dropped, so that the meter does not take them for the front of the next request.
func (l *Line) giveUpFront(o *Out, front []byte, sent int) {
	if gone := front[:min(sent, len(front))]; len(gone) > 0 && !l.part.lost && !l.dropEcho(o, gone) {
		l.expectLateEcho(gone, 0)
	}
	if l.part.mayBeAnswered(l.now) && !l.part.alone && !l.part.loose {
		l.remember(earlier{text: slices.Clone(front[:min(sent, len(front))]), unknown: true, since: l.now})
	}
	l.part.alone = false
	if sent < len(front) {
		o.dropRequest(DropReplaced, slices.Clone(front[sent:]))
	}
}
