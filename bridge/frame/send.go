package frame

import "time"

// waitMost is how much may wait to be sent, in bytes.
const waitMost = 64 << 10

// waiting is a request that is not sent yet.
type waiting struct {
	text     []byte // what stood in front of it, the request, and what was written behind it; in no other use
	from, to int    // where the request is
	same     bool   // it repeats the request under way
	nobody   bool   // whoever wrote it has gone
}

// send sends piece, which ends with the request req; nobody: its answer is not wanted.
func (l *Line) send(o *Out, piece, req []byte, nobody bool, now time.Time) {
	l.supersede(o, true, now)
	kind := l.rule.expect(req)
	l.ask = asked{
		text: append(l.ask.text[:0], req...), kind: kind, open: kind != unanswered,
		nobody: nobody && kind != unanswered, since: now,
	}
	l.stats.Requests++
	sel := l.cfg.Protocol == IEC && isSelect(req)
	if sel && l.cfg.FixedSpeed != 0 {
		if fixed := withSpeed(piece, req, l.cfg.FixedSpeed); fixed != nil {
			piece = fixed
			l.stats.Speeds++
		}
	}
	l.leave(o, piece)
	if sel && req[1] == hdlcMode {
		l.chars.suspend(piece[max(0, len(piece)-len(req)):])
	}
}

// release sends the waiting request if it need not wait longer.
func (l *Line) release(o *Out, now time.Time) {
	w := l.waiting
	if w == nil || l.blocked(now) {
		return
	}
	l.waiting = nil
	if w.same && w.nobody {
		o.dropRequest(DropRepeat, w.text)
		return
	}
	l.stats.UnparsedToModem += int64(w.from)
	l.send(o, w.text[:w.to], w.text[w.from:w.to], w.nobody, now)
	if behind := w.text[w.to:]; len(behind) > 0 {
		l.leave(o, behind)
		l.unparsed(behind, len(behind))
	}
}

// pass sends b, which is no whole request: at once, or behind the request that waits.
func (l *Line) pass(o *Out, b []byte) {
	w := l.waiting
	switch {
	case w == nil:
		l.leave(o, b)
	case len(w.text)+len(b) > waitMost:
		l.unwanted()
		l.waiting = nil
		o.dropRequest(DropReplaced, w.text)
		l.leave(o, b)
	default:
		w.text = append(w.text, b...)
	}
}

// leave puts b on its way as the modem's side has it.
func (l *Line) leave(o *Out, b []byte) {
	switch {
	case len(b) == 0:
		return
	case !l.chars.active():
	case o == &l.asks:
		n := len(l.wire)
		l.wire = l.chars.wire(l.wire, b)
		b = l.wire[n:]
	default: // longer valid than until the next call of FromProgram
		b = l.chars.wire(nil, b)
	}
	o.ToModem = append(o.ToModem, b)
}

// Waiting tells how many bytes of a request wait to be sent.
func (l *Line) Waiting() int {
	n := l.part.unsent()
	if l.waiting != nil {
		n += len(l.waiting.text)
	}
	return n
}

// Withdraw gives up the request that waits, if any.
func (l *Line) Withdraw() Out {
	var o Out // what the modem's side returned is still in use
	l.withdraw(&o, DropGivenUp)
	return o
}

func (l *Line) withdraw(o *Out, reason string) {
	if w := l.waiting; w != nil {
		l.unwanted()
		l.waiting = nil
		o.dropRequest(reason, w.text)
	}
	if p := l.part; p.unsent() > 0 {
		l.part = part{}
		o.dropRequest(reason, p.text[p.sent:])
	}
}
