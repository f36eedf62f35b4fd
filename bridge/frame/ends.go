package frame

import (
	"bytes"
	"slices"
)

// AnswerEnd measures the message from the meter at the front of b, which is as the modem sends it. It returns the length of the message;
// or, if message is false, of what belongs to none. n is 0 while more bytes are needed, and always if messages have no end of their own
// (None, Gap) or no rule knows the request under way.
//
// It changes nothing. What it says of b may differ from what becomes of b, since the guard may drop a message or wait for more.
func (l *Line) AnswerEnd(b []byte) (n int, message bool) {
	if l.rule == nil || len(b) == 0 || l.ask.open && l.ask.unknown {
		return 0, false
	}
	text, q := l.cfg.Parity.Text(b), l.ask.question()
	if len(q) > 0 && bytes.HasPrefix(text, q) {
		return len(q), true // the line returns what is sent, or the answer repeats the request
	}
	e := l.rule.answer(text, q)
	if len(text) < len(q) && bytes.HasPrefix(q, text) && !l.surely(text, e) {
		return 0, false
	}
	if e.n > 1 && !slices.ContainsFunc(text[:e.n], func(c byte) bool { return !isFiller(c) }) {
		return 1, false // FF FF 00 00 has the right check sum, and is no message for that
	}
	return e.n, e.n > 0 && !e.foreign
}

// surely reports whether e is a message at the front of b that cannot be part of another by chance.
func (l *Line) surely(b []byte, e extent) bool {
	if e.n <= 0 || e.foreign {
		return false
	}
	rule, ok := l.rule.(sealer)
	return !ok || rule.sealed(b[:e.n])
}

// canStandAlone reports whether b is a request although a longer one may begin with it: IEC's ACK, which also begins an option select.
func canStandAlone(p Protocol, b []byte) bool { return p == IEC && len(b) == 1 && b[0] == iecACK }
