package frame

import (
	"time"

	"meterline/bridge/frame/parity"
)

// Reasons why bytes are dropped, in the words of status.
const (
	DropLate     = "late answer"                     // the answer to an earlier request
	DropUnfit    = "does not fit the request"        // not the answer, while the one to an earlier request may still come
	DropUnasked  = "answer to no request"            // nothing was asked, and the protocol has no message without a request
	DropHeld     = "held back when asked anew"       // a message that was not whole when a new request was sent
	DropEcho     = "echo of the request"             // the line returned what was sent, and the program does not want to see it
	DropReplaced = "a newer request took its place"  // a request that waited
	DropRepeat   = "repeat of the request under way" // a request that was not sent again
	DropEnded    = "session ended"                   // a request that waited when the session ended
)

// Drop is bytes that were dropped, without parity.
type Drop struct {
	ToModem bool // they came from the program
	Reason  string
	Bytes   []byte
}

// Out is what the caller has to do now, in this order. Its bytes are valid until the next call of FromModem, Tick or End. The
// ToModem of FromProgram is valid only until the next call of FromProgram.
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

// dropRequest drops b, which the program wrote. Nobody else may use b.
func (o *Out) dropRequest(reason string, b []byte) {
	if len(b) > 0 {
		o.Drops = append(o.Drops, Drop{ToModem: true, Reason: reason, Bytes: b})
	}
}

// outMost is the room, in pieces, that an Out may keep for the next call.
const outMost = 256

// clear empties o for the next call, and gives up its room if that has grown too large.
func (o *Out) clear() {
	if cap(o.Drops)+cap(o.ToModem)+cap(o.ToProgram) > outMost {
		*o = Out{}
		return
	}
	o.Drops, o.ToModem, o.ToProgram = o.Drops[:0], o.ToModem[:0], o.ToProgram[:0]
}

// Line stands between one program's side and one modem's side. It is not safe for concurrent use: the caller holds a lock. Calls of
// the program's side leave alone what the modem's side has returned, so that this can be handed over without the lock.
//
// Times must not run backwards from call to call.
type Line struct {
	cfg   Config // with defaults in place
	rule  rule   // nil: no message has an end of its own
	every time.Duration
	chars parity.Characters
	stats Stats
	now   time.Time // of the call under way

	in   inbound
	out  Out // of the modem's side
	asks Out // of FromProgram

	echoState
	programState
	cut     []*severed
	ask     asked
	earlier []earlier // requests that were sent before and may still be answered
	oddly   bool      // the last request got nothing but an answer that does not fit it: this meter's answers are like that
	freed   time.Time // when the latest request was answered
	waiting *waiting  // nil: none
	text    []byte    // what the program wrote, without parity
	wire    []byte    // the same with the parity of the modem's side
}

// echoState is what the line may return, and what has been learnt about it.
type echoState struct {
	echoes  []echo
	echoing echoing
	singles int // requests in a row of which one copy came back: the echo or the answer
	missing int // answers in a row without an echo, where there was one before
}

// programState is what the program has written and begun to write.
type programState struct {
	part   part
	kept   kept
	tail   tail
	woken  time.Time     // when the program woke the meter for a request that has not begun; zero: it has not
	wrote  time.Time     // when the program wrote last
	pause  time.Duration // the program's silence before its latest bytes
	writes uint64        // see Writes
	piece  int           // how many bytes the program wrote last
	left   time.Time     // when the last program left; zero: there is one
}

// NewLine returns a Line for c, which must be valid.
func NewLine(c Config) *Line { return newLine(c, rules[c.Protocol]) }

func newLine(c Config, r rule) *Line {
	c = c.filled()
	return &Line{
		cfg: c, rule: r, chars: parity.New(c.Parity),
		every: min(smoothEvery, c.Hold/2),
	}
}

// FromModem takes p, which was received from the modem.
func (l *Line) FromModem(p []byte, now time.Time) Out {
	l.begin(now)
	if l.rule == nil && l.cfg.Protocol != Gap && !l.chars.Active() {
		l.out.give(p)
		return l.out
	}
	l.releaseKept()
	l.receive(p, now)
	l.advance(now)
	return l.out
}

// Tick does what is due now: see Due. It may be called at any other time as well.
func (l *Line) Tick(now time.Time) Out {
	l.begin(now)
	l.advance(now)
	return l.out
}

// End is called when the session has ended. What is held goes to the program, since it had been received. A waiting request is
// dropped. What is outstanding stays so for AnswerMax from now: the modem may have the answer, and send it in the next session.
func (l *Line) End(now time.Time) Out {
	l.begin(now)
	l.rejectKept()
	l.releaseKept()
	if p := &l.part; p.sent > 0 && !p.lost && !p.alone {
		l.expectLateEcho(p.text[:p.sent], min(p.from, p.sent))
	}
	cut := l.front() // the next session may bring the rest
	if cut != nil {
		cut.unwanted = l.unwantedNow() || l.holdsEcho() // which may as well be the front of what is late
	}
	if !l.endsSevered() {
		l.cutOff(cut)
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

// Due returns when Tick has something to do; the zero time if that is not before bytes come.
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

// Quiet reports whether nothing is under way: every request has its answer, none waits, and no message has come in part.
func (l *Line) Quiet() bool {
	return (!l.ask.open || l.ask.kind == optional) && l.waiting == nil && l.in.size() == 0 && len(l.part.text) == 0 &&
		len(l.kept.pieces) == 0
}

// Stats returns the counts so far.
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

// advance does what has become due: first the bytes toward the program, then requests, since bytes that were received before a
// request is sent cannot be its answer.
func (l *Line) advance(now time.Time) {
	l.releaseKept()
	l.hold(now)
	l.sendWaiting(&l.out, now)
	if due := l.partDue(); !due.IsZero() && !now.Before(due) {
		l.duePart(&l.out)
	}
}

// sooner returns the earlier of two times; the zero time means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
