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
	begunOther         // another request than the one under way
)

// begun compares what the program has begun to write with the request under way. The request under way is given up with
// the first byte of another one, and not only when that is whole.
func (l *Line) begun() begin {
	text := l.part.text
	switch {
	case l.writing(), l.part.loose && !l.part.over(l.now):
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
	return len(p.text) > 0 && !p.loose && !p.behind && !p.alone && !p.over(l.now) && (l.ask.open || !p.asks(l.now))
}

// begunUntil is when begun becomes begunNothing if nothing more is written.
func (l *Line) begunUntil() time.Time {
	if at := l.part.at.Add(partMax); at.After(l.woken.Add(partMax)) {
		return at
	}
	return l.woken.Add(partMax)
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
}

// keeps reports whether the whole message that has come is to be kept until the program has written more.
func (l *Line) keeps(b []byte) bool {
	if !l.guarded() || !l.ask.open || l.in.gone > 0 || l.in.fate == doomed || l.late() {
		return false
	}
	undecided := len(l.kept.pieces) > 0 && !l.kept.wanted && !l.kept.refused
	return (undecided || l.begun() == begunRepeat) && l.rule.judge(b, l.ask.text, l.ask.nth) != onItsOwn
}

// refuseKept decides that the kept answer is late: the request that it answers has been given up. It is dropped with the
// next call of the modem's side.
func (l *Line) refuseKept() {
	if k := &l.kept; len(k.pieces) > 0 && !k.wanted && !k.refused {
		k.refused = true
		for _, b := range k.pieces {
			l.judge(b, true)
		}
	}
}

// settleKept hands over or drops the kept answer if that has been decided.
func (l *Line) settleKept() {
	k := &l.kept
	if len(k.pieces) == 0 {
		return
	}
	if l.begun() != begunRepeat && !k.wanted {
		l.refuseKept()
	}
	if !k.wanted && !k.refused {
		return
	}
	pieces, wanted := k.pieces, k.wanted
	if wanted && l.owesEcho(k.at) {
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

// keptDue is when settleKept has something to do; the zero time: not before more is written.
func (l *Line) keptDue() time.Time {
	k := &l.kept
	switch {
	case len(k.pieces) == 0:
		return time.Time{}
	case k.wanted, k.refused:
		return l.now
	}
	if until := l.begunUntil(); l.begun() == begunRepeat && until.After(l.now) {
		return until
	}
	return l.now
}
