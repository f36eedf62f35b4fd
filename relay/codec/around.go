package codec

import (
	"bytes"
	"time"
)

// burstGap is the silence between two bursts. The pieces of one follow one another at once, unless segments are repeated.
const burstGap = packetGap

// aroundBursts removes heartbeats wherever a burst begins or ends.
type aroundBursts struct {
	known []Beat
	fresh bool   // a burst begins, or nothing but heartbeats has come of it
	held  []byte // what may be heartbeats at a burst's end, or begins one
}

func (h *aroundBursts) Decode(p []byte, idle time.Duration) Decoded {
	var out Decoded
	h.fresh = h.fresh || idle >= burstGap // what is held ended the burst before, and counts as if it began this one
	p = append(h.held, p...)
	h.held = nil
	if h.fresh {
		beats, n, longer := row(h.known, p)
		out.takeOut(beats, p)
		if p = p[n:]; longer {
			h.held = bytes.Clone(p)
			return out
		}
	}
	if len(p) == 0 {
		return out
	}
	h.fresh = false
	end := h.endOf(p)
	h.held = bytes.Clone(p[end:])
	out.Data = joined(out.Data, p[:end])
	return out
}

// endOf returns where the heartbeats begin with which p ends, the last of which may be incomplete.
func (h *aroundBursts) endOf(p []byte) int {
	for at := max(0, len(p)-rowMost); at < len(p); at++ {
		if _, n, longer := row(h.known, p[at:]); longer || at+n == len(p) {
			return at
		}
	}
	return len(p)
}

func (h *aroundBursts) Holding() time.Duration {
	if len(h.held) == 0 {
		return 0
	}
	return holdBeat
}

// Release takes whole heartbeats at the burst's end out. What only began like one is data, and all that stands before it.
func (h *aroundBursts) Release() Decoded {
	p := h.held
	h.held = nil
	var out Decoded
	beats, n := lastRow(h.known, p)
	switch {
	case n == len(p) || h.fresh:
		out.takeOut(beats, p)
		out.Data = p[n:]
	default:
		out.Data = p
	}
	h.fresh = h.fresh && len(out.Data) == 0
	return out
}

func (h *aroundBursts) inside() { h.fresh = false }

func (h *aroundBursts) Pending() int { return len(h.held) }
