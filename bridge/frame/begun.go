package frame

import (
	"bytes"
	"time"
)

// begin is what the program has begun to write and not finished.
type begin int

const (
	begunNothing begin = iota
	begunRepeat        // the front of a repeat of the request under way
	begunTail          // bytes that were read together with the request under way, behind it: another request, or nothing
	begunOther         // another request than the one under way
)

// begun compares what the program has begun to write with the request under way. The first byte of another request gives that one up,
// and not only the last.
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

// writing reports whether the program has begun a request that it may still finish.
func (l *Line) writing() bool {
	p := &l.part
	return len(p.text) > 0 && !p.loose && !p.behind && !p.alone && !p.over(l.now) && (l.ask.open || !p.mayBeAnswered(l.now))
}

// trailing reports whether what looks like the front of a request was read together with the request under way, behind it. On a loaded
// machine two writes are read as one: it may be the next request, and the one under way was given up. Some programs always write such
// a tail, which is learnt.
func (l *Line) trailing() bool {
	if p := &l.part; len(p.text) > 0 && p.behind && !p.loose && !p.lost && !p.over(l.now) {
		return l.ask.open && !l.tail.expects(p.text)
	}
	return l.tail.wakes(l.now) && l.ask.open && !l.tail.expects(l.tail.woke)
}

// tail is what a program writes behind its requests and never continues.
type tail struct {
	text  []byte
	times int // how often in a row nothing followed it

	woke []byte    // the latest tail, if it only wakes a meter
	at   time.Time // when it was written; zero: it has been dealt with
}

// wakes reports whether the latest tail wakes the meter for a request that may still be begun.
func (t *tail) wakes(now time.Time) bool { return !t.at.IsZero() && now.Sub(t.at) < partMax }

// expire learns that nothing followed a tail that woke the meter, once its time is over.
func (t *tail) expire(now time.Time) {
	if !t.at.IsZero() && !t.wakes(now) {
		t.learn(t.woke)
		t.at = time.Time{}
	}
}

// tailTimes is how often a tail must have stood alone until it is expected to.
const tailTimes = 2

// expects reports whether nothing will follow the tail text.
func (t *tail) expects(text []byte) bool { return t.times >= tailTimes && bytes.Equal(t.text, text) }

// learn notes that nothing followed the tail text.
func (t *tail) learn(text []byte) {
	if !bytes.Equal(t.text, text) {
		t.text, t.times = bytes.Clone(text), 0
	}
	t.times++
}

// begunUntil returns when begun becomes begunNothing if the program writes nothing more.
func (l *Line) begunUntil() time.Time {
	return later(later(l.part.at, l.woken), l.tail.at).Add(partMax)
}

// continuesAs reports whether text is the front of the request q. Bytes that wake a meter may precede it.
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

// kept is an answer that came while the program was writing what may become a repeat of the request under way. If it does, the answer is
// handed over; otherwise it is late.
type kept struct {
	pieces  [][]byte
	wanted  bool      // the program has written a repeat
	at      time.Time // when it did
	refused bool      // the program has written something else
	tail    bool      // what the program had begun was a tail
}

// undecided reports whether an answer is kept and the program has not finished what it is writing.
func (k *kept) undecided() bool { return len(k.pieces) > 0 && !k.wanted && !k.refused }

// unsure reports whether the program has begun what may become a repeat.
func (l *Line) unsure() bool {
	b := l.begun()
	return b == begunRepeat || b == begunTail
}

// mustKeep reports whether the whole message b is kept until the program has written more.
func (l *Line) mustKeep(b []byte) bool {
	if !l.guarded() || !l.ask.open || l.in.gone > 0 || l.in.fate == doomed || l.late() {
		return false
	}
	return (l.kept.undecided() || l.unsure()) && l.rule.judge(b, l.ask.text, l.ask.nth) != onItsOwn
}

// rejectKept decides that the kept answer is late, because its request has been given up. The next call of the modem's side drops it.
func (l *Line) rejectKept() {
	if k := &l.kept; k.undecided() {
		k.refused = true
		for _, b := range k.pieces {
			l.judge(b, true)
		}
	}
}

// releaseKept hands over or drops the kept answer once that has been decided.
func (l *Line) releaseKept() {
	k := &l.kept
	if len(k.pieces) == 0 {
		return
	}
	switch begun := l.begun(); {
	case begun == begunNothing && k.tail && k.undecided(): // nothing followed the tail
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

// keptDue returns when releaseKept has something to do; the zero time if not before the program writes.
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
