package codec

import (
	"bytes"
	"slices"
	"time"
)

const (
	// rowMost bounds how many bytes wait until it is known whether a burst has nothing but heartbeats in it.
	rowMost = 512
	// holdWhole is how long whole heartbeats wait for more: a modem may send the first bytes of an answer in a segment of their own.
	holdWhole = 50 * time.Millisecond
)

// aloneInBursts removes heartbeats from a stream of which nothing is known. A heartbeat may be any bytes, even such as a meter
// would send, so it counts only in a burst that has nothing else in it.
type aloneInBursts struct {
	known  []Beat
	alone  bool   // nothing but heartbeats has come since a silence of StandsAlone
	held   []byte // heartbeats, perhaps with the beginning of another
	passed *passed
}

func (h *aloneInBursts) Decode(p []byte, idle time.Duration) Decoded {
	var out Decoded
	if hold := h.Holding(); hold > 0 && idle >= hold {
		out = h.Release() // it was about to be called
	}
	if idle >= StandsAlone {
		h.alone = true
		h.passed.pause()
	}
	out.And(h.burst(append(h.held, p...)))
	return out
}

// burst decides about p, with which a burst begins or goes on, or keeps it.
func (h *aloneInBursts) burst(p []byte) Decoded {
	h.held = nil
	if !h.alone {
		return h.pass(p)
	}
	if _, n, longer := row(h.known, p); n < len(p) && !longer || len(p) > rowMost {
		return h.pass(p)
	}
	h.held = bytes.Clone(p)
	return Decoded{}
}

// pass hands p over. What follows it without a pause is data, too.
func (h *aloneInBursts) pass(p []byte) Decoded {
	h.alone = false
	return Decoded{Data: p, Passed: h.passed.in(p)}
}

func (h *aloneInBursts) Holding() time.Duration {
	switch _, n := lastRow(h.known, h.held); {
	case len(h.held) == 0:
		return 0
	case n == len(h.held):
		return holdWhole
	}
	return holdBeat
}

func (h *aloneInBursts) Release() Decoded {
	p := h.held
	h.held = nil
	if len(p) == 0 {
		return Decoded{}
	}
	beats, n := lastRow(h.known, p)
	if n < len(p) {
		return h.pass(p)
	}
	var out Decoded
	out.takeOut(beats, p)
	return out
}

func (h *aloneInBursts) inside() { h.alone = false }

func (h *aloneInBursts) Pending() int { return len(h.held) }

// passed finds heartbeats among what is handed over as data, so that the operator learns of them.
type passed struct {
	known []Beat
	keep  int    // how many bytes a heartbeat may have in front of a piece
	tail  []byte // the last bytes handed over, without a pause behind them

	pieces, short int // pieces so far, and those with a short heartbeat at their front or end
}

// telling is the length, in bytes, from which a heartbeat is told from data by its bytes alone.
const telling = 3

func newPassed(known []Beat) *passed {
	p := &passed{known: known}
	for _, b := range known {
		p.keep = max(p.keep, b.bytes.Least()-1)
	}
	return p
}

// pause notes that what comes next does not continue what came before.
func (f *passed) pause() { f.tail = f.tail[:0] }

// in returns the heartbeats in p. Short ones occur in data by chance. They count only at the front or the end of pieces, and only
// if that happens much more often than chance would have it.
func (f *passed) in(p []byte) (all [][]byte) {
	window := slices.Concat(f.tail, p)
	before := len(f.tail)
	f.pieces++
	var short []byte
	for at := 0; at < len(window); {
		one, _ := first(f.known, window[at:])
		end := at + one.n
		switch {
		case one.n == 0 || end <= before:
			at++
			continue
		case one.n >= telling:
			all = append(all, window[at:end])
		case at == before || end == len(window):
			short = window[at:end]
		}
		at = end
	}
	if len(short) > 0 {
		if f.short++; f.short >= shortLeast && f.short*shortShare >= f.pieces {
			all = append(all, short)
		}
	}
	f.tail = append(f.tail[:0], window[max(0, len(window)-f.keep):]...)
	return all
}

// One in 128 pieces begins or ends by chance with a given byte. A heartbeat that one in shortShare pieces has is none of chance's.
const (
	shortLeast = 3
	shortShare = 32
)
