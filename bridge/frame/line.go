package frame

import (
	"time"
)

// Reasons for which bytes are dropped: the words of status.
const (
	DropLate     = "late answer"                     // the answer to an earlier request
	DropUnfit    = "does not fit the request"        // not the answer, while that to an earlier request may still come
	DropUnasked  = "answer to no request"            // nothing was asked, and the protocol knows no message without a request
	DropHeld     = "held back when asked anew"       // an unfinished message at the moment of a new request
	DropEcho     = "echo of the request"             // the line returned what was sent, and the program is not to see it
	DropReplaced = "a newer request took its place"  // a request that waited
	DropRepeat   = "repeat of the request under way" // a request that was not sent again
	DropEnded    = "session ended"                   // a request that waited when the session ended
	DropGivenUp  = "given up while it waited"        // a request that was withdrawn
)

// Drop is some bytes that went nowhere, as the program's side sees them.
type Drop struct {
	ToModem bool // they came from the program
	Reason  string
	Bytes   []byte
}

// Out is what is to be done now, in this order. All bytes in it are valid until the next call of FromModem, Tick or End;
// FromProgram's ToModem also only until the next call of FromProgram.
type Out struct {
	Drops     []Drop
	ToModem   [][]byte // each leaves in one piece
	ToProgram [][]byte // each is handed over in one piece
}

func (o *Out) give(b []byte) {
	if len(b) > 0 {
		o.ToProgram = append(o.ToProgram, b[:len(b):len(b)])
	}
}

func (o *Out) drop(reason string, b []byte) {
	if len(b) > 0 {
		o.Drops = append(o.Drops, Drop{Reason: reason, Bytes: b})
	}
}

// dropRequest drops b, which the program wrote; b must be nobody else's.
func (o *Out) dropRequest(reason string, b []byte) {
	if len(b) > 0 {
		o.Drops = append(o.Drops, Drop{ToModem: true, Reason: reason, Bytes: b})
	}
}

// outMost is how many pieces' room an Out may keep for the next call.
const outMost = 256

// clear empties o for the next call.
func (o *Out) clear() {
	if cap(o.Drops)+cap(o.ToModem)+cap(o.ToProgram) > outMost {
		*o = Out{}
		return
	}
	o.Drops, o.ToModem, o.ToProgram = o.Drops[:0], o.ToModem[:0], o.ToProgram[:0]
}

// Line stands between one program's side and one modem's. It is not safe for concurrent use: whoever moves the bytes calls
// it under one lock. What the modem's side returned is not touched by calls of the program's side, so that it can be handed
// over without that lock.
//
// Times must not run backwards from call to call.
type Line struct {
	cfg   Config // with defaults in place
	rule  rule   // nil: no message ends by itself
	every time.Duration
	chars characters
	stats Stats
	now   time.Time // of the call under way

	in   inbound
	out  Out // of the modem's side
	asks Out // of FromProgram

	cut     []*severed
	ask     asked
	earlier []earlier // requests that were sent before and may still be answered
	echoes  []echo    // what the line may return
	echoing echoing
	singles int       // requests in a row that came once, and were either returned or answered
	missing int       // answers in a row without an echo, where there was one before
	oddly   bool      // the last request had no answer but one that does not fit it: such a one is this meter's answer
	freed   time.Time // when the latest request was answered
	waiting *waiting  // nil: none
	part    part
	kept    kept
	tail    tail
	woken   time.Time     // when the program woke the meter for a request that has not begun; zero: it has not
	wrote   time.Time     // when the program wrote last
	pause   time.Duration // the program's silence before its latest bytes
	writes  uint64        // see Writes
	piece   int           // how many bytes the program wrote last
	left    time.Time     // when the last program left; zero: there is one
	text    []byte        // what the program wrote, without parity
	wire    []byte        // the same with the parity of the modem's side
}

// NewLine makes a Line as c says, which must be valid.
func NewLine(c Config) *Line { return newLine(c, rules[c.Protocol]) }

func newLine(c Config, r rule) *Line {
	c = c.filled()
	return &Line{
		cfg: c, rule: r, chars: characters{encode: sevenBits[c.Parity]},
		every: min(smoothEvery, c.Hold/2),
	}
}

// FromModem takes p, received from the modem.
func (l *Line) FromModem(p []byte, now time.Time) Out {
	l.begin(now)
	if l.rule == nil && l.cfg.Protocol != Gap && !l.chars.active() {
		l.out.give(p)
		return l.out
	}
	l.releaseKept()
	l.receive(p, now)
	l.advance(now)
	return l.out
}

// Tick does what is due now: see Due. It does no harm to call it at any other time.
func (l *Line) Tick(now time.Time) Out {
	l.begin(now)
	l.advance(now)
	return l.out
}

// End tells that the session has ended. What is held goes to the program, since it had been received; a waiting request is
// dropped. What is outstanding stays so for AnswerMax from now: a modem may still hold the answer and bring it with the
// next session.
func (l *Line) End(now time.Time) Out {
	l.begin(now)
	l.rejectKept()
	l.releaseKept()
	if p := &l.part; p.sent > 0 && !p.lost && !p.alone {
		l.expectEcho(p.text[:p.sent], min(p.from, p.sent))
	}
	cut := l.front(now) // the next session may bring the rest
	if cut != nil {
		cut.unwanted = l.unwantedNow() || l.holdsEcho() // which may as well be the front of what is late
	}
	if !l.endsSevered() {
		l.cutOff(cut, now)
	}
	l.endUnfinished()
	begun := l.part
	l.withdraw(&l.out, DropEnded)
	l.losePart(begun)
	l.woken = time.Time{}
	if l.ask.open && now.Before(l.answerBy()) {
		l.ask.since, l.ask.settled = now, time.Time{}
	}
	for i := range l.earlier {
		if e := &l.earlier[i]; now.Sub(e.since) < l.cfg.AnswerMax {
			e.since = now
		}
	}
	return l.out
}

// Due tells when Tick wants to be called next; the zero time: not before bytes come.
func (l *Line) Due() time.Time {
	due := l.heldUntil()
	if w := l.waiting; w != nil {
		at := later(l.freeAt(w.req(), w.same), l.now)
		if l.guarded() && l.writing() {
			at = later(at, l.part.at.Add(partMax))
		}
		due = sooner(due, at)
	}
	return sooner(sooner(due, l.partDue()), l.keptDue())
}

// Quiet reports whether nothing is under way: no request waits or is without its answer, no message has come in part.
func (l *Line) Quiet() bool {
	return (!l.ask.open || l.ask.kind == optional) && l.waiting == nil && l.in.size() == 0 && len(l.part.text) == 0 &&
		len(l.kept.pieces) == 0
}

// Stats are the counts so far.
func (l *Line) Stats() Stats { return l.stats }

func (l *Line) begin(now time.Time) {
	l.now, l.ask.fresh, l.ask.before = now, false, l.ask.nth
	l.out.clear()
	l.in.compact()
	l.expire()
	l.tail.expire(now)
	if p := &l.part; len(p.text) > 0 && p.over(now) {
		l.giveUpPart(&l.out) // it has become a request, newer than what waits
	}
}

// turn does what time brings: first the bytes toward the program, then requests, since bytes received before a request is
// sent cannot be its answer.
func (l *Line) advance(now time.Time) {
	l.releaseKept()
	l.hold(now)
	l.sendWaiting(&l.out, now)
	if due := l.partDue(); !due.IsZero() && !now.Before(due) {
		l.duePart(&l.out)
	}
}

// sooner is the earlier of two times, of which the zero time is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
