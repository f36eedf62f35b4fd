package codec

import (
	"bytes"
	"slices"
	"time"
)

// rowMost bounds how many bytes wait until it is known whether a burst has nothing but heartbeats in it.
const rowMost = 512

// aloneInBursts removes heartbeats from a stream of which nothing is known. A heartbeat may be any bytes, even such as a meter
// would send, so it counts only in a burst that has nothing else in it.
type aloneInBursts struct {
	known  []Beat
	alone  bool   // nothing but heartbeats has come since a silence of StandsAlone
	held   []byte // heartbeats, and the beginning of another
	passed *passed
}

func (h *aloneInBursts) Decode(p []byte, idle time.Duration) Decoded {
	switch {
	case len(h.held) > 0:
		p = append(h.held, p...)
		h.held = nil
	case idle >= StandsAlone:
		h.alone = true
		h.passed.pause()
	}
	if !h.alone {
		return h.pass(p)
	}
	beats, n, longer := row(h.known, p)
	var out Decoded
	switch {
	case n == len(p):
		out.takeOut(beats, p)
	case longer && len(p) <= rowMost:
		h.held = bytes.Clone(p)
	default:
		return h.pass(p)
	}
	return out
}

// pass hands p over. What follows it without a pause is data, too.
func (h *aloneInBursts) pass(p []byte) Decoded {
	h.alone = false
	return Decoded{Data: p, Passed: h.passed.in(p)}
}

func (h *aloneInBursts) Holding() time.Duration {
	if len(h.held) == 0 {
		return 0
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
