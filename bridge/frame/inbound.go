package frame

import (
	"bytes"
	"time"
)

const (
	// keepRoom limits the room that is kept for the next message, in bytes.
	keepRoom = 16 << 10
	// arriving is how long a meter may pause between two characters, by IEC 62056-21, 6.2. Networks pause for longer: see patience.
	arriving = 1500 * time.Millisecond
)

// fate is what becomes of the bytes of an unfinished message.
type fate int

const (
	held     fate = iota // they wait until it is whole
	passing              // they are handed over as they come
	smoothed             // they are handed over a little at a time
	doomed               // they are dropped as they come
)

// inbound is a message from the modem that is not whole. All of it stays until it is, even what has been handed over: the rule needs it to
// find the end, and the guard to judge the message.
type inbound struct {
	buf  []byte // the message, behind over bytes
	done int    // bytes that are finished with; they are kept until the next call, because the last Out may point to them
	gone int    // bytes of the message that were handed over or dropped already
	fate fate

	first, last time.Time // when its first and its latest byte came

	stream bool      // it is long by nature
	step   int       // bytes to hand over at a time, when smoothed
	next   time.Time // when to
}

// size returns how many bytes of the message have come.
func (m *inbound) size() int { return len(m.buf) - m.done }

// rest returns what has come of the message and has been neither handed over nor dropped.
func (m *inbound) rest() []byte { return m.buf[m.done+m.gone:] }

// onItsWay reports whether the meter may have more of the message to send. What it has sent may be on its way for longer.
func (m *inbound) onItsWay(now time.Time) bool { return m.size() > 0 && now.Sub(m.last) < arriving }

// start begins a message whose first byte came at the time first.
func (m *inbound) start(first time.Time, f fate) {
	*m = inbound{buf: m.buf, done: m.done, first: first, last: m.last, fate: f}
}

// compact makes room. Bytes that were given out before are not valid any more.
func (m *inbound) compact() {
	if m.done == 0 {
		return
	}
	m.buf = m.buf[:copy(m.buf, m.buf[m.done:])]
	m.done = 0
	if len(m.buf) == 0 && cap(m.buf) > keepRoom {
		m.buf = nil
	}
}

// receive appends p, which came from the modem, to what has come before, and deals with what is whole.
func (l *Line) receive(p []byte, now time.Time) {
	m := &l.in
	if len(p) == 0 {
		return
	}
	if now.Sub(m.last) >= l.patience() {
		l.endUnfinished()
		l.cut = nil
	}
	if m.size() == 0 {
		m.start(now, l.fate())
	}
	m.last = now
	old := len(m.buf)
	var wrong int64
	m.buf, wrong = l.chars.Receive(m.buf, p)
	l.stats.ParityErrors += wrong
	switch {
	case l.rule != nil:
		l.parse(old, now)
	case l.cfg.Protocol != Gap:
		l.endUnfinished()
	}
	if m.fate == smoothed {
		m.step = l.stepOf(len(m.rest()))
	}
}

// parse finds what is whole in the bytes that have come. Those from old on have come now.
func (l *Line) parse(old int, now time.Time) {
	m := &l.in
	from := m.done + m.gone // from here to the next message nothing belongs to a message
	for m.size() > 0 {
		e, echo := l.measure()
		end := m.done + e.n
		if e.n <= 0 || end > len(m.buf) {
			m.stream = m.stream || e.stream
			break
		}
		end, from = l.handle(e, echo, end, from)
		m.gone = max(0, m.gone-(end-m.done))
		m.done = end
		if m.gone > 0 {
			continue // what follows was taken for the same message, and shares its fate
		}
		first := m.first
		if m.done >= old {
			first = now
		}
		m.start(first, l.fate())
	}
	l.foreign(from, m.done)
}

// measure measures the front of what has come. If that is an echo, echo is its index in echoes; otherwise it is below 0.
func (l *Line) measure() (e extent, echo int) {
	m := &l.in
	n, nth, maybe := l.echoIn(m.buf[m.done:])
	switch {
	case maybe && m.fate != smoothed:
	case n > 0:
		return extent{n: n}, nth
	default:
		e = l.rule.answer(m.buf[m.done:], l.ask.question())
	}
	if rest := l.sealedRest(e.n); rest > 0 {
		e = extent{n: rest, foreign: true}
	}
	if e.n == 0 || e.foreign {
		if n := l.beforeEcho(); n > 0 && (e.n == 0 || e.n > n) {
			e = extent{n: n, foreign: true}
		}
	}
	return e, -1
}

// handle hands over or drops what stands at the front, which has the extent e and ends at end. What stands between from and the front
// belongs to no message. It returns the new end and from.
func (l *Line) handle(e extent, echo, end, from int) (newEnd, newFrom int) {
	m := &l.in
	b := m.buf[m.done:end]
	switch {
	case echo >= 0:
		l.foreign(from, m.done)
		l.echoCame(b, echo)
		return end, max(from, end)
	case !e.foreign && l.severed(b):
		end = m.done + l.dropSevered(m.done, e.n)
		return end, max(from, end)
	case !e.foreign:
		l.foreign(from, m.done)
		whole, more := l.addWanted(b)
		if !more && m.fate == doomed {
			whole, more = l.addUnwanted(b)
		}
		if more && m.fate == doomed && l.guarded() {
			l.dropMore(b, whole)
			return end, max(from, end)
		}
		late := l.late()
		l.message(b)
		if more && late {
			l.unwantRest()
		}
		return end, max(from, end)
	case m.fate == doomed:
		if _, more := l.addWanted(b); !more {
			l.addUnwanted(b)
		}
		l.out.drop(DropLate, m.buf[min(from, end):end])
		return end, max(from, end)
	}
	l.addWanted(b)
	if n := l.dropSevered(m.done, e.n); n > 0 {
		return m.done + n, m.done + n
	}
	if l.beforeEcho() > 0 {
		l.out.drop(DropLate, m.buf[min(from, end):end])
		return end, end
	}
	return end, from
}

// foreign hands over buf[from:to], which belongs to no message, unless it is late.
func (l *Line) foreign(from, to int) {
	if from >= to {
		return
	}
	b := l.in.buf[from:to]
	l.stats.UnparsedToProgram += int64(len(b))
	late := l.late() || l.guarded() && l.begun() != begunNothing && l.begun() != begunTail
	l.part.reacted = l.part.reacted || l.part.sent > 0
	if l.guarded() && l.ask.open && l.ask.unknown {
		late = l.answerUnknown(late || l.in.fate == doomed) != ""
	}
	if late {
		l.out.drop(DropLate, b)
		return
	}
	l.out.give(b)
}

// dropMore drops b, which is part of a message that was cut off. If b completes that message, whole is the message.
func (l *Line) dropMore(b, whole []byte) {
	if len(whole) > 0 {
		l.judge(whole, true) // it may be what others wait for
	}
	l.part.reacted = l.part.reacted || l.part.sent > 0
	l.stats.Answers++
	l.out.drop(DropLate, b[min(l.in.gone, len(b)):])
	l.stats.dropped(DropLate)
}

// message hands over or drops the whole message b.
func (l *Line) message(b []byte) {
	l.stats.Answers++
	l.forgetSevered()
	l.part.reacted = l.part.reacted || l.part.sent > 0
	if l.mustKeep(b) {
		if len(l.kept.pieces) == 0 {
			l.kept.tail = l.begun() == begunTail
		}
		l.kept.pieces = append(l.kept.pieces, bytes.Clone(b))
		return
	}
	rest := b[min(l.in.gone, len(b)):] // if noise stood in front, all of b may have been handed over
	reason := l.verdict(b)
	if reason == "" {
		l.out.give(rest)
		return
	}
	l.out.drop(reason, rest)
	l.stats.dropped(reason)
}

// fate returns the fate of a message that begins now. The answer to a request that no rule knows has no end for which it could be held.
func (l *Line) fate() fate {
	if l.ask.unknown && len(l.part.text) == 0 && !l.owed() {
		return passing
	}
	return held
}

// patience is the silence after which bytes begin another message, even if the one before is not whole. No shorter one ends a message
// whose rest would then reach the program by itself: a mobile network may well pause for seconds in the midst of an answer.
func (l *Line) patience() time.Duration {
	if l.cfg.Protocol == Gap {
		return l.cfg.Gap
	}
	return max(l.cfg.AnswerMax, arriving)
}

// unwantedNow reports whether an unfinished message that ends now is dropped.
func (l *Line) unwantedNow() bool {
	return l.in.fate == doomed || l.late() || l.guarded() && l.unsure()
}

// endUnfinished ends a message that does not become whole: what is held of it is handed over or dropped, and what comes next begins
// another message.
func (l *Line) endUnfinished() {
	m := &l.in
	switch {
	case m.size() == 0:
		return
	case l.unwantedNow():
		l.out.drop(DropLate, m.rest())
	case l.endsSevered():
		l.forgetSevered()
		l.out.drop(DropLate, m.rest())
	case l.holdsEcho():
		l.muteEcho(m.rest())
		l.out.drop(DropEcho, m.rest())
	case l.guarded() && l.owed() && m.gone == 0 && l.rule != nil && m.fate == held:
		l.out.drop(DropUnfit, m.rest())
	default:
		if l.guarded() && l.ask.open && l.ask.unknown {
			l.answerUnknown(false)
		}
		l.out.give(m.rest())
	}
	if l.rule != nil {
		l.stats.UnparsedToProgram += int64(len(m.rest()))
	}
	m.done = len(m.buf)
	m.start(m.last, held)
}
