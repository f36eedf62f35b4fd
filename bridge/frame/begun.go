package frame

import (
	"bytes"
	"time"
)

// begin is what the program has begun to write and not finished.
type begin int

const (
	begunNothing begin = iota
	begunRepeat        // so far it is the request under way once more
	begunTail          // it stands behind the request under way, with which it was read: another request, or nothing
	begunOther         // another request than the one under way
)

// begun compares what the program has begun to write with the request under way. The request under way is given up with
// the first byte of another one, and not only when that is whole.
func (l *Line) begun() begin {
	text := l.part.text
	switch {
	case l.writing(), l.part.loose && !l.part.over(l.now):
	case l.trailing():
		return begunTail
	case !l.woken.IsZero() && l.now.Sub(l.woken) < partMax:
		text = nil
	default:
		return begunNothing
	}
	if l.repeatable() && continuesAs(text, l.ask.text) {
		return begunRepeat
	}
	return begunOther
}

// writing reports whether the program has begun a request and may be about to finish it.
func (l *Line) writing() bool {
	p := &l.part
	return len(p.text) > 0 && !p.loose && !p.behind && !p.alone && !p.over(l.now) && (l.ask.open || !p.mayBeAnswered(l.now))
}

// trailing reports whether something that looks like the front of a request was read together with the request under way, in front of
// it. On a loaded machine that may be the next request, for which this one was given up: two writes are read as one. A program
// that always writes such a tail is learned.
func (l *Line) trailing() bool {
	if p := &l.part; len(p.text) > 0 && p.behind && !p.loose && !p.lost && !p.over(l.now) {
		return l.ask.open && !l.tail.expects(p.text)
	}
	return l.tail.wakes(l.now) && l.ask.open && !l.tail.expects(l.tail.woke)
}

// tail is what a program writes behind its requests.
type tail struct {
	text  []byte
	times int // in a row that nothing came of it

	woke []byte    // the latest tail, if it only wakes a meter
	at   time.Time // when it was written; zero: something has come of it, or nothing will
}

// wakes reports whether the latest tail wakes the meter for a request that may still be begun.
func (t *tail) wakes(now time.Time) bool { return !t.at.IsZero() && now.Sub(t.at) < partMax }

// lapse learns that nothing has come of a tail that woke the meter, if its time is over.
func (t *tail) expire(now time.Time) {
	if !t.at.IsZero() && !t.wakes(now) {
		t.learn(t.woke)
		t.at = time.Time{}
	}
}

// tailTimes is how often nothing must have come of a tail until nothing is expected to.
const tailTimes = 2

// expects reports whether nothing comes of the tail text.
func (t *tail) expects(text []byte) bool { return t.times >= tailTimes && bytes.Equal(t.text, text) }

// learn notes that nothing has come of the tail text.
func (t *tail) learn(text []byte) {
	if !bytes.Equal(t.text, text) {
		t.text, t.times = bytes.Clone(text), 0
	}
	t.times++
}

// begunUntil is when begun becomes begunNothing if nothing more is written.
func (l *Line) begunUntil() time.Time {
	return later(later(l.part.at, l.woken), l.tail.at).Add(partMax)
}

// continuesAs reports whether text, behind whatever wakes a meter, is the front of the request q.
func continuesAs(text, q []byte) bool {
	for {
		if bytes.HasPrefix(q, text) {
			return true
		}
		if !isWakeUp(text[:1]) {
			return false
		}
		text = text[1:]
	}
}

// kept is the answer to the request under way, come while the program had begun to write what may be a repeat of that
// request. If it turns out to be, the answer is handed over; else it is late.
type kept struct {
	pieces  [][]byte
	wanted  bool      // it was a repeat
	at      time.Time // when that was written
	refused bool      // it was none
	tail    bool      // what the program had begun was a tail
}

// undecided reports whether anything is kept of which it is not known yet what becomes of it.
func (k *kept) undecided() bool { return len(k.pieces) > 0 && !k.wanted && !k.refused }

// unsure reports whether it is not known yet what the program has begun.
func (l *Line) unsure() bool {
	b := l.begun()
	return b == begunRepeat || b == begunTail
}

// keeps reports whether the whole message that has come is to be kept until the program has written more.
func (l *Line) mustKeep(b []byte) bool {
	if !l.guarded() || !l.ask.open || l.in.gone > 0 || l.in.fate == doomed || l.late() {
		return false
	}
	return (l.kept.undecided() || l.unsure()) && l.rule.judge(b, l.ask.text, l.ask.nth) != onItsOwn
}

// rejectKept decides that the kept answer is late: the request that it answers has been given up. It is dropped with the
// next call of the modem's side.
func (l *Line) rejectKept() {
	if k := &l.kept; k.undecided() {
		k.refused = true
		for _, b := range k.pieces {
			l.judge(b, true)
		}
	}
}

// releaseKept hands over or drops the kept answer if that has been decided.
func (l *Line) releaseKept() {
	k := &l.kept
	if len(k.pieces) == 0 {
		return
	}
	switch begun := l.begun(); {
	case begun == begunNothing && k.tail && k.undecided(): // nothing has come of it
		k.wanted = true
	case begun != begunTail && k.undecided():
		k.tail = false
		if begun != begunRepeat {
			l.rejectKept()
		}
	}
	if !k.wanted && !k.refused {
		return
	}
	pieces, wanted := k.pieces, k.wanted
	if wanted && !l.late() && l.owesEcho(k.at) {
		l.out.give(bytes.Clone(l.ask.text))
	}
	*k = kept{}
	for _, b := range pieces {
		reason := DropLate
		if wanted {
			reason = l.judge(b, l.late())
		}
		if reason == "" {
			l.out.give(b)
			continue
		}
		l.out.drop(reason, b)
		l.stats.dropped(reason)
	}
}

// keptDue is when releaseKept has something to do; the zero time: not before more is written.
func (l *Line) keptDue() time.Time {
	k := &l.kept
	switch {
	case len(k.pieces) == 0:
		return time.Time{}
	case k.wanted, k.refused:
		return l.now
	}
	if until := l.begunUntil(); l.unsure() && until.After(l.now) {
		return until
	}
	return l.now
}
