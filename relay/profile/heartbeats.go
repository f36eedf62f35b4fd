package profile

import (
	"bytes"
	"time"
)

// What comes alone may be a heartbeat: after a pause of StandsAlone, and complete within holdBeat.
const (
	StandsAlone = 300 * time.Millisecond
	holdBeat    = 200 * time.Millisecond
)

// beat is a heartbeat as it is sent.
type beat struct{ bytes, answer []byte }

// beatsOf returns the heartbeats as a modem with that identity sends them.
func beatsOf(known []Heartbeat, wire []byte) []beat {
	var beats []beat
	for _, h := range known {
		if b := h.Bytes.render(wire, time.Time{}); len(b) > 0 {
			beats = append(beats, beat{b, h.Answer.render(wire, time.Time{})})
		}
	}
	return beats
}

// heartbeats removes declared heartbeats. A heartbeat may be any bytes, even such as a meter would send. It counts as one only
// if it comes after a pause and nothing comes with it.
type heartbeats struct {
	known []beat
	held  []byte // the beginning of a heartbeat, or one that may become a longer one
}

// newHeartbeats returns nil where there are none.
func newHeartbeats(known []Heartbeat) Codec {
	beats := beatsOf(known, nil)
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

func (b *beat) decoded() Decoded { return Decoded{Answer: b.answer, Beats: [][]byte{b.bytes}} }

// match returns the heartbeat that p is, and reports whether p is the beginning of a longer one.
func (h *heartbeats) match(p []byte) (found *beat, longer bool) {
	for i := range h.known {
		k := &h.known[i]
		switch {
		case bytes.Equal(k.bytes, p):
			found = k
		case bytes.HasPrefix(k.bytes, p):
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
