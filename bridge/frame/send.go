package frame

import "time"

// waitMost limits what waits to be sent, in bytes.
const waitMost = 64 << 10

// waiting is a request that is not sent yet.
type waiting struct {
	text     []byte    // the request, with what was written before and behind it; nobody else uses it
	from, to int       // where the request stands in text
	same     bool      // it repeats the request under way
	unknown  bool      // no rule knows it
	nobody   bool      // its program has gone
	at       time.Time // when it was written
	returned bool      // the program has been given an echo of it
}

func (w *waiting) req() []byte { return w.text[w.from:w.to] }

// outgoing is a request that is being sent.
type outgoing struct {
	whole   []byte // the request behind what wakes the meter
	from    int    // where the request begins
	sent    int    // bytes of whole that have left already
	unknown bool   // no rule knows it
	nobody  bool   // its answer is not wanted
}

// send sends a request, and makes it the one under way.
func (l *Line) send(o *Out, g outgoing) {
	req, piece := g.whole[g.from:], g.whole[g.sent:]
	if len(piece) > 0 { // otherwise all of it has left before, and what has come since may be its answer
		l.supersede(o, g.whole[:g.sent], true, l.now)
	}
	l.learnEcho(false)
	l.retire()
	kind := anonymous
	if g.unknown {
		l.stats.UnparsedToModem += int64(len(g.whole))
	} else {
		l.stats.UnparsedToModem += int64(g.from)
		kind = l.rule.expect(req)
	}
	l.ask = asked{
		text: append(l.ask.text[:0], req...), kind: kind, unknown: g.unknown, open: kind != unanswered,
		nobody: g.nobody && kind != unanswered, since: l.now,
	}
	l.stats.Requests++
	sel := l.cfg.Protocol == IEC && isSelect(req)
	if sel && l.cfg.FixedSpeed != 0 {
		if fixed := withSpeed(piece, req, l.cfg.FixedSpeed); fixed != nil {
			l.stats.Speeds++
			g.whole = append(append([]byte(nil), g.whole[:g.sent]...), fixed...)
			piece = fixed
		}
	}
	l.expectEcho(g.whole, g.from)
	l.putToModem(o, piece)
	if sel && req[1] == hdlcMode {
		l.chars.Suspend(piece[max(0, len(piece)-len(req)):])
	}
}

// sendWaiting sends the waiting request if it need not wait any longer. While the program is writing another one it stays: that one
// takes its place when it is whole.
func (l *Line) sendWaiting(o *Out, now time.Time) {
	w := l.waiting
	if w == nil || now.Before(l.freeAt(w.req(), w.same)) || l.guarded() && l.writing() {
		return
	}
	l.waiting = nil
	if w.same && w.nobody {
		o.dropRequest(DropRepeat, w.text)
		return
	}
	l.send(o, outgoing{whole: w.text[:w.to], from: w.from, unknown: w.unknown, nobody: w.nobody})
	if behind := w.text[w.to:]; len(behind) > 0 {
		l.putToModem(o, behind)
		l.stats.UnparsedToModem += int64(len(behind))
	}
}

// sendPiece sends b, which is no whole request, at once or behind the request that waits.
func (l *Line) sendPiece(o *Out, b []byte) {
	w := l.waiting
	switch {
	case w == nil:
		l.putToModem(o, b)
	case len(w.text)+len(b) > waitMost:
		l.unwantAnswer()
		l.waiting = nil
		o.dropRequest(DropReplaced, w.text)
		l.putToModem(o, b)
	default:
		w.text = append(w.text, b...)
	}
}

// putToModem adds b to what goes to the modem, with the parity of that side.
func (l *Line) putToModem(o *Out, b []byte) {
	switch {
	case len(b) == 0:
		return
	case !l.chars.Active():
	case o == &l.asks:
		n := len(l.wire)
		l.wire = l.chars.Wire(l.wire, b)
		b = l.wire[n:]
	default: // it stays valid beyond the next call of FromProgram
		b = l.chars.Wire(nil, b)
	}
	o.ToModem = append(o.ToModem, b)
}

// Waiting returns how many bytes wait to be sent.
func (l *Line) Waiting() int {
	n := l.part.unsent()
	if l.waiting != nil {
		n += len(l.waiting.text)
	}
	return n
}

// Withdraw gives up the request that waits, if any, and drops it for that reason.
func (l *Line) Withdraw(reason string) Out {
	var o Out // what the modem's side returned is still in use
	l.withdraw(&o, reason)
	return o
}

func (l *Line) withdraw(o *Out, reason string) {
	if w := l.waiting; w != nil {
		l.unwantAnswer()
		l.waiting = nil
		o.dropRequest(reason, w.text)
	}
	if p := l.part; p.unsent() > 0 {
		l.part = part{}
		o.dropRequest(reason, p.text[p.sent:])
	}
}
