package frame

import (
	"bytes"
	"time"
)

// meter takes what comes to it, and answers requests one after the other.
func (w *chaos) meter(b []byte) {
	if w.now.Sub(w.meterAt) > 200*ms { // silence tells the meter that what came was none
		w.meterHas = nil
	}
	w.meterHas, w.meterAt = append(w.meterHas, b...), w.now
	if w.echoes {
		w.piecesOf(b, w.now.Add(w.span(5*ms, 40*ms)), 20*ms, false)
	}
	for len(w.meterHas) > 0 {
		e := w.l.rule.request(w.meterHas)
		if e.n == 0 {
			return
		}
		req := w.meterHas[:e.n]
		w.meterHas = w.meterHas[e.n:]
		if e.foreign {
			continue
		}
		for _, r := range []chaosRequest{w.asked, w.previous} {
			if bytes.Equal(r.text, req) {
				w.answer(r)
				break
			}
		}
	}
}

// answer sends an answer, perhaps, in pieces, the last of them within AnswerMax.
func (w *chaos) answer(r chaosRequest) {
	limit := w.l.cfg.AnswerMax
	w.sent = append(w.sent, outstanding{w.now.Add(limit)})
	at := w.now.Add(w.span(5*ms, 40*ms))
	if w.echoes {
		at = at.Add(w.span(0, 250*ms))
	}
	if w.chance(7) {
		return // lost
	}
	slow := 300 * ms
	if w.chance(30) {
		slow = limit - 1500*ms
	}
	at = at.Add(w.span(0, slow))
	if n := len(w.coming); n > 0 && w.coming[n-1].at.After(at) {
		at = w.coming[n-1].at
	}
	before, paused := len(w.coming), false
	for i, m := range r.answer() {
		if i > 0 {
			at = at.Add(w.span(0, 1200*ms))
		}
		spread := 0 * ms
		if w.chance(30) {
			spread = 350 * ms
		}
		if i == 0 && w.chance(10) { // the noise of a line that is switched
			m = append(bytes.Repeat([]byte{[]byte{0, 0xFF}[w.random.IntN(2)]}, 1+w.random.IntN(3)), m...)
		}
		if w.wild > calm && w.chance(10) { // the network makes a longer pause than any protocol
			paused = true
			n := 1 + w.random.IntN(len(m)-1)
			at = w.piecesOf(m[:n], at, spread, false).Add(w.span(arriving, 3*sec))
			m = m[n:]
		}
		at = w.piecesOf(m, at, spread, i == len(r.answer())-1)
	}
	if at.Sub(w.now) >= limit && (paused || len(r.answer()) == 1) {
		w.coming = w.coming[:before] // later than the limit
	}
	if n := len(w.coming); n > 0 {
		w.sent[len(w.sent)-1].until = w.coming[n-1].at
	}
}

// piecesOf sends m in pieces with pauses of up to spread, behind what is coming.
func (w *chaos) piecesOf(m []byte, at time.Time, spread time.Duration, last bool) time.Time {
	if n := len(w.coming); n > 0 && w.coming[n-1].at.After(at) {
		at = w.coming[n-1].at
	}
	for len(m) > 0 {
		n := len(m)
		if spread > 0 {
			n = 1 + w.random.IntN(len(m))
		}
		w.coming = append(w.coming, arrival{at, m[:n], last && n == len(m)})
		if m = m[n:]; len(m) > 0 {
			at = at.Add(w.span(0, spread))
		}
	}
	return at
}
