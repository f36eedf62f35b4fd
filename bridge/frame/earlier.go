package frame

import (
	"bytes"
	"slices"
	"time"
)

// earlierMost is how many earlier requests are remembered.
const earlierMost = 8

// earlier is a request that was sent before the latest one and has not been answered. For AnswerMax it is outstanding: what does not fit
// the latest request may be its answer. For another AnswerMax it is remembered: what fits it and not the latest is its answer,
// later than promised.
type earlier struct {
	text    []byte
	unknown bool
	maybe   bool // what has come was its answer or its echo
	nth     int
	since   time.Time
}

// retire makes the latest request an earlier one, because another is sent.
func (l *Line) retire() {
	a := &l.ask
	if !l.guarded() || !a.open || l.part.alone || a.unknown && !a.settled.IsZero() {
		return
	}
	l.oddly = l.oddly || a.odd && a.nth == 0
	l.remember(earlier{bytes.Clone(a.text), a.unknown, a.mirrored, a.nth, a.since})
}

// remember adds e to the earlier requests.
func (l *Line) remember(e earlier) {
	if len(l.earlier) >= earlierMost {
		l.earlier = slices.Delete(l.earlier, 0, 1)
	}
	l.earlier = append(l.earlier, e)
}

// prune forgets earlier requests that are too old.
func (l *Line) prune() {
	if len(l.earlier) > 0 {
		l.earlier = slices.DeleteFunc(l.earlier, func(e earlier) bool { return l.now.Sub(e.since) >= 2*l.cfg.AnswerMax })
	}
}

// owed reports whether an earlier request is outstanding.
func (l *Line) owed() bool {
	return slices.ContainsFunc(l.earlier, func(e earlier) bool { return !e.maybe && l.now.Sub(e.since) < l.cfg.AnswerMax })
}

// mayBeOwed reports whether an earlier request may be outstanding.
func (l *Line) mayBeOwed() bool {
	return slices.ContainsFunc(l.earlier, func(e earlier) bool { return l.now.Sub(e.since) < l.cfg.AnswerMax })
}

// answersEarlier reports whether the whole message b fits an earlier request, and notes that this has been answered.
func (l *Line) answersEarlier(b []byte) bool {
	for i := range l.earlier {
		e := &l.earlier[i]
		if e.unknown {
			continue
		}
		switch j := l.rule.judge(b, e.text, e.nth); {
		case j == answered:
			l.earlier = slices.Delete(l.earlier, i, i+1)
			return true
		case j.fits():
			e.nth++
			return true
		}
	}
	return false
}

// answerTwin notes that the request under way is being answered. If it repeats one that is outstanding, this is the answer to that one, and
// the answer to the repeat may still come.
func (l *Line) answerTwin() {
	for i := range l.earlier {
		if e := &l.earlier[i]; bytes.Equal(e.text, l.ask.text) && l.now.Sub(e.since) < l.cfg.AnswerMax {
			e.since = l.ask.since
		}
	}
}

// strikeOff forgets the earlier request that b most likely answers, though it fits none: one that asked the same meter the same thing, or
// one that no rule knows.
func (l *Line) strikeOff(b []byte) {
	for i, e := range l.earlier {
		if e.unknown || l.rule.judge(b, e.text, e.nth) == unlike {
			l.earlier = slices.Delete(l.earlier, i, i+1)
			return
		}
	}
}

// confusedUntil returns until when the latest request, or an earlier one, may be answered with the numbers that the answer to req will
// have; the zero time if none can be.
func (l *Line) confusedUntil(req []byte) time.Time {
	rule, ok := l.rule.(confuser)
	if !ok || !l.guarded() {
		return time.Time{}
	}
	var until time.Time
	consider := func(q []byte, since time.Time) {
		if t := since.Add(l.cfg.AnswerMax); t.After(until) && t.After(l.now) && !bytes.Equal(q, req) && rule.alike(q, req) {
			until = t
		}
	}
	if l.ask.open {
		consider(l.ask.text, l.ask.since)
	}
	for _, e := range l.earlier {
		consider(e.text, e.since)
	}
	return until
}
