package relay

import (
	"bytes"
	"time"
)

// Stripper takes heartbeats out of what a modem sends. It is fed in order, without I/O: idle tells how long the modem had
// been silent before p came. The result may alias p. answer, if any, is sent to the modem.
type Stripper interface {
	Strip(p []byte, idle time.Duration) (data, answer []byte)
}

// Holder is implemented by strippers that may hold bytes back until they know what they are.
type Holder interface {
	// Holding tells for how long from now at most to wait for more, 0: nothing is held.
	Holding() time.Duration
	// Release decides about the held bytes when nothing has come in that time.
	Release() (data, answer []byte)
}

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

func newHeartbeats(known []Heartbeat) Stripper {
	if len(known) == 0 {
		return nil
	}
	return &heartbeats{known: known}
}

func (h *heartbeats) Strip(p []byte, idle time.Duration) (data, answer []byte) {
	switch {
	case len(h.held) > 0:
		p = append(h.held, p...)
		h.held = nil
	case idle < standsAlone:
		return p, nil
	}
	beat, longer := h.match(p)
	switch {
	case longer:
		h.held = bytes.Clone(p)
		return nil, nil
	case beat != nil:
		return nil, beat.Answer
	}
	return p, nil
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

func (h *heartbeats) Release() (data, answer []byte) {
	p := h.held
	h.held = nil
	if beat, _ := h.match(p); beat != nil {
		return nil, beat.Answer
	}
	return p, nil
}
