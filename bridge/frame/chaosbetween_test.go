package frame

import (
	"slices"

	"meterline/bridge/frame/hdlc"
)

// between is what happens between two requests.
func (w *chaos) between() {
	limit := w.l.cfg.AnswerMax
	switch n := w.random.IntN(100) / w.wild; {
	case n < 10 && len(w.unread) > 0:
		w.read()
	case n < 3: // another port's program takes the modem
		w.note("abandon")
		w.l.Abandon()
		w.dirty = w.now.Add(limit)
		w.forgetAll()
	case n < 6: // the program leaves, and another comes
		w.note("leave")
		w.l.Leave(w.now)
		w.open = false
		w.dirty = w.now.Add(2*limit + 2*sec)
		w.until(w.now.Add(w.span(0, 3*sec)))
		w.forgetAll() // the next program knows nothing of it
	case n < 8: // a new session, which may bring the answer
		w.session()
	case n < 10 && !w.done: // it begins something, and does not go on
		w.got, w.previous = nil, w.asked
		w.asked = chaosRequest{answer: func() [][]byte { return nil }}
		w.whole = w.next(w).text
		w.whole = w.whole[:1+w.random.IntN(len(w.whole)-2)] // what comes behind the last byte but one may be taken for that
		if w.cfg.Protocol == HDLC {                         // a flag that closes a frame may be that which opens the next
			w.whole = w.whole[:min(len(w.whole), hdlc.Least)]
		}
		w.write(w.whole)
		w.read() // only the pause behind it tells that it is given up, and a guard sees no more of that than the reader
		w.until(w.now.Add(w.span(burstPause, 1500*ms)))
		w.forgetAll()
		w.meterHas = nil
		w.dirty = w.now.Add(2*limit + 2*sec)
	case n < 60:
		w.until(w.now.Add(w.span(0, 30*ms)))
	case n < 95:
		w.until(w.now.Add(w.span(0, sec)))
	default:
		w.until(w.now.Add(w.span(0, 3*limit)))
	}
}

// forgetAll lets the next request be one of another program.
func (w *chaos) forgetAll() {
	w.asked, w.whole = chaosRequest{answer: func() [][]byte { return nil }}, nil
}

// session ends the session. What was on its way is lost, or comes with the next one.
func (w *chaos) session() {
	w.note("session ends")
	w.take(w.l.End(w.now))
	w.meterHas = nil
	w.dirty = w.now.Add(2 * w.l.cfg.AnswerMax)
	if w.chance(50) {
		w.coming = nil
	}
	if n := len(w.coming); n > 0 && w.coming[n-1].at.Sub(w.now) > w.l.cfg.AnswerMax-sec {
		w.coming = nil
	}
	w.forgetAll()
}

// cutRequest ends the session while the program writes a request, of which p is still to be written. It returns what is left when
// the next session has begun.
func (w *chaos) cutRequest(p []byte) []byte {
	w.read()
	asked, whole := w.asked, w.whole
	w.session()
	w.coming = nil // the rest of an answer to the same request is not another's
	w.asked, w.whole, w.sure, w.cut = asked, whole, false, true
	if n := w.random.IntN(len(p) + 1); n > 0 && w.chance(50) {
		w.note("write %q, without a session", p[:n])
		front := w.l.TakeLost(w.now)
		w.l.Abandon()
		front = w.l.Unfinished(slices.Concat(front, p[:n]))
		w.until(w.now.Add(w.span(0, 90*ms)))
		w.l.Lost(front, w.now)
		p = p[n:]
	}
	return p
}

// read is what a busy machine does late: it reads all that the program has written at once.
func (w *chaos) read() {
	if len(w.unread) == 0 {
		return
	}
	w.note("read %q", w.unread)
	p := w.unread
	w.unread = nil
	w.take(w.l.FromProgram(p, w.now))
}

// hand does what the modem's side of the Line wants done. Before anything is handed over, what the program has written is read.
func (w *chaos) hand(o Out) {
	w.l.Delivering()
	pieces, writes := o.ToProgram, w.l.Writes()
	o.ToProgram = nil
	w.take(o)
	if len(pieces) > 0 {
		w.read()
	}
	if w.l.Writes() != writes {
		for _, b := range pieces {
			d := w.l.Recall(b)
			w.note("drop %s %q", d.Reason, d.Bytes)
		}
		pieces = nil
	}
	w.l.Delivered()
	w.take(Out{ToProgram: pieces})
}
