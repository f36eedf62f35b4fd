package codec

import (
	"bytes"
	"time"
)

// What comes alone may be a heartbeat: after a pause of StandsAlone, and complete within holdBeat.
const (
	StandsAlone = 300 * time.Millisecond
	holdBeat    = 200 * time.Millisecond
)

// heartbeats removes declared heartbeats. A heartbeat may be any bytes, even such as a meter would send. It counts as one only
// if it comes after a pause and nothing comes with it.
type heartbeats struct {
	known []Beat
	held  []byte // the beginning of a heartbeat, or one that may become a longer one
}

// NewHeartbeats returns what removes these heartbeats, nil where there are none.
func NewHeartbeats(beats []Beat) Codec {
	if len(beats) == 0 {
		return nil
	}
	return &heartbeats{known: beats}
}

func (h *heartbeats) Decode(p []byte, idle time.Duration) Decoded {
	switch {
	case len(h.held) > 0:
		p = append(h.held, p...)
		h.held = nil
	case idle < StandsAlone:
		return Decoded{Data: p}
	}
	k, longer := h.match(p)
	switch {
	case longer:
		h.held = bytes.Clone(p)
		return Decoded{}
	case k != nil:
		return k.decoded(p)
	}
	return Decoded{Data: p}
}

// match returns the heartbeat that p is, and reports whether p is the beginning of a longer one.
func (h *heartbeats) match(p []byte) (found *Beat, longer bool) {
	for i := range h.known {
		k := &h.known[i]
		n, more := k.front(p)
		if n > 0 && n == len(p) && found == nil {
			found = k
		}
		longer = longer || more
	}
	return found, longer
}

func (h *heartbeats) Holding() time.Duration {
	if len(h.held) == 0 {
		return 0
	}
	return holdBeat
}

func (h *heartbeats) Release() Decoded {
	p := h.held
	h.held = nil
	if k, _ := h.match(p); k != nil {
		return k.decoded(p)
	}
	return Decoded{Data: p}
}

func (h *heartbeats) Pending() int { return len(h.held) }
