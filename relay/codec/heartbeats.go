package codec

import (
	"bytes"
	"time"

	"meterline/relay/wire"
)

const (
	// StandsAlone is the silence behind which bytes that come alone may be a heartbeat.
	StandsAlone = 300 * time.Millisecond
	// holdBeat is how long the beginning of a heartbeat waits for its rest.
	holdBeat = 200 * time.Millisecond
)

// Heartbeat is what a modem sends to keep its line. Its bytes may contain the id. A meter may send the same bytes; Finding says
// where they count as a heartbeat.
type Heartbeat struct {
	Bytes  wire.Template
	Answer wire.Template // empty: it wants none
}

// Beat is a heartbeat as it is sent.
type Beat struct{ Bytes, Answer []byte }

func (b *Beat) decoded() Decoded { return Decoded{Answer: b.Answer, Beats: [][]byte{b.Bytes}} }

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

// Finding says where the bytes of a heartbeat count as one. With the zero value they do if a burst has nothing else in it: one
// or several heartbeats, behind a silence of StandsAlone.
type Finding struct {
	Ends     FrameEnd // not nil: wherever none of the meter's messages is under way, and nowhere else
	Anywhere bool     // without Ends, wherever a burst begins or ends: the meter never sends such bytes
}

// NewHeartbeats returns what removes these heartbeats, nil where there are none.
func NewHeartbeats(beats []Beat, f Finding) Codec {
	switch {
	case len(beats) == 0:
		return nil
	case f.Ends != nil:
		return &betweenMessages{known: beats, messages: messages{ends: f.Ends}}
	case f.Anywhere:
		return &aroundBursts{known: beats}
	}
	return &aloneInBursts{known: beats, passed: newPassed(beats)}
}

// row returns the heartbeats at the front of p that stand one after the other, and their length. longer reports that what follows
// them, perhaps nothing else but a heartbeat, is the beginning of a longer one.
func row(known []Beat, p []byte) (beats []*Beat, n int, longer bool) {
	for n < len(p) {
		b, more := first(known, p[n:])
		if more || b == nil {
			return beats, n, more
		}
		beats = append(beats, b)
		n += len(b.Bytes)
	}
	return beats, n, false
}

// lastRow is row where nothing follows p.
func lastRow(known []Beat, p []byte) (beats []*Beat, n int) {
	for n < len(p) {
		b, _ := first(known, p[n:])
		if b == nil {
			break
		}
		beats = append(beats, b)
		n += len(b.Bytes)
	}
	return beats, n
}

// first returns the longest heartbeat that p begins with, and reports whether all of p is the beginning of a longer one.
func first(known []Beat, p []byte) (longest *Beat, longer bool) {
	for i := range known {
		b := &known[i]
		switch {
		case bytes.HasPrefix(p, b.Bytes):
			if longest == nil || len(b.Bytes) > len(longest.Bytes) {
				longest = b
			}
		case bytes.HasPrefix(b.Bytes, p):
			longer = true
		}
	}
	return longest, longer
}

// takeOut adds to d heartbeats that have been taken out.
func (d *Decoded) takeOut(beats []*Beat) {
	for _, b := range beats {
		d.And(b.decoded())
	}
}
