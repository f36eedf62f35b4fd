package codec

import (
	"bytes"
	"meterline/relay/wire"
	"time"
)

// What comes alone may be a heartbeat: after a pause of StandsAlone, and complete within holdBeat.
const (
	StandsAlone = 300 * time.Millisecond
	holdBeat    = 200 * time.Millisecond
)

// Heartbeat is what a modem sends to keep its line. Its bytes may contain the id. Where a meter could send the same bytes, it
// is removed only if it comes alone after a pause; between frames it is always removed.
type Heartbeat struct {
	Bytes  wire.Template
	Answer wire.Template // empty: it wants none
}

// Beat is a heartbeat as it is sent.
type Beat struct{ Bytes, Answer []byte }

// BeatsOf returns the heartbeats as a modem with that identity sends them.
func BeatsOf(known []Heartbeat, wire []byte) []Beat {
	var beats []Beat
	for _, h := range known {
		if b := h.Bytes.Render(wire, time.Time{}); len(b) > 0 {
			beats = append(beats, Beat{b, h.Answer.Render(wire, time.Time{})})
		}
	}
	return beats
}

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
		return k.decoded()
	}
	return Decoded{Data: p}
}

func (b *Beat) decoded() Decoded { return Decoded{Answer: b.Answer, Beats: [][]byte{b.Bytes}} }

// match returns the heartbeat that p is, and reports whether p is the beginning of a longer one.
func (h *heartbeats) match(p []byte) (found *Beat, longer bool) {
	for i := range h.known {
		k := &h.known[i]
		switch {
		case bytes.Equal(k.Bytes, p):
			found = k
		case bytes.HasPrefix(k.Bytes, p):
			longer = true
		}
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
		return k.decoded()
	}
	return Decoded{Data: p}
}

func (h *heartbeats) Pending() int { return len(h.held) }
