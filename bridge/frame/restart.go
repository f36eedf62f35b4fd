package frame

import (
	"slices"
)

// restarted looks whether the program has given up what it had begun, and has written a request behind it: work does not begin with
// a request, but its latest bytes do, or what stands behind the latest pause does. It returns where, or 0.
func (l *Line) restarted(work []byte, latest int) (begin int) {
	if latest == len(work) || l.leadsWith(work) > 0 {
		return 0
	}
	if begin = l.part.resumed; begin > 0 && (l.leadsWith(work[begin:]) > 1 || l.breaksOff(work, begin) && l.begins(work[begin:])) {
		return begin
	}
	begin = len(work) - latest
	if l.leadsWith(work[begin:]) >= restartLeast || isWakeUp(work[begin:]) && l.breaksOff(work, begin) {
		return begin
	}
	return 0
}

// breaksOff reports whether the first n bytes of work may become a request behind what wakes the meter, and all of it may not.
func (l *Line) breaksOff(work []byte, n int) bool {
	for n > 0 && isWakeUp(work[:1]) {
		work, n = work[1:], n-1
	}
	return n > 0 && l.begins(work[:n]) && l.rule.request(work).foreign
}

// begins reports whether b may become a request.
func (l *Line) begins(b []byte) bool { return l.rule.request(b).n == 0 }

// restartLeast is how long a request is at least that is told from a piece of the one that has been begun: by its check sum.
const restartLeast = 6

// giveUpFront gives up front, which the program had begun and not finished, and of which sent bytes have left. What has not left
// is dropped, so that nobody takes it for the front of the request behind it. What has may be answered.
func (l *Line) giveUpFront(o *Out, front []byte, sent int) {
	if gone := front[:min(sent, len(front))]; len(gone) > 0 && !l.part.lost && !l.dropEcho(o, gone) {
		l.expectEcho(gone, 0)
	}
	if l.part.mayBeAnswered(l.now) && !l.part.alone && !l.part.loose {
		l.remember(earlier{text: slices.Clone(front[:min(sent, len(front))]), unknown: true, since: l.now})
	}
	l.part.alone = false
	if sent < len(front) {
		o.dropRequest(DropReplaced, slices.Clone(front[sent:]))
	}
}
