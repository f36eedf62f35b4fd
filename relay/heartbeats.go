package relay

import (
	"bytes"
	"time"
)

// What stands alone may be a heartbeat: behind a pause of standsAlone, and whole within holdBeat.
const (
	standsAlone = 300 * time.Millisecond
	holdBeat    = 200 * time.Millisecond
)

// heartbeats strips declared heartbeats. A heartbeat may be any bytes, also such as a meter would send; it is taken for one
// only if it comes behind a pause, and nothing comes with it.
type heartbeats struct {
	known []Heartbeat
	held  []byte // the beginning of a heartbeat, or one that may become a longer one
}

func newHeartbeats(known []Heartbeat) Codec {
	if len(known) == 0 {
		return nil
	}
	return &heartbeats{known: known}
}

func (h *heartbeats) Decode(p []byte, idle time.Duration) Decoded {
	switch {
	case len(h.held) > 0:
		p = append(h.held, p...)
		h.held = nil
	case idle < standsAlone:
		return Decoded{Data: p}
	}
	beat, longer := h.match(p)
	switch {
	case longer:
		h.held = bytes.Clone(p)
		return Decoded{}
	case beat != nil:
		return Decoded{Answer: beat.Answer}
	}
	return Decoded{Data: p}
}

// match finds the heartbeat that p is, and tells whether p is the beginning of a longer one.
func (h *heartbeats) match(p []byte) (beat *Heartbeat, longer bool) {
	for i := range h.known {
		k := &h.known[i]
		switch {
		case bytes.Equal(k.Bytes, p):
			beat = k
		case bytes.HasPrefix(k.Bytes, p):
			longer = true
		}
	}
	return beat, longer
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
	if beat, _ := h.match(p); beat != nil {
		return Decoded{Answer: beat.Answer}
	}
	return Decoded{Data: p}
}
