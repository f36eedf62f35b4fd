package codec

import (
	"bytes"

	"meterline/relay/wire"
)

// Heartbeat is what a modem sends to keep its line. Its places may hold the id, what differs each time, and checksums. A meter
// may send the same bytes; Finding says where they count as a heartbeat.
type Heartbeat struct {
	Bytes  wire.Template
	Answer wire.Template // may repeat what came in the heartbeat and in the registration; empty: it wants none
}

// Beat is a heartbeat of one modem in one session.
type Beat struct {
	bytes  wire.Template // with the identity in its place
	answer wire.Template
	came   []wire.Field // with the registration
	taken  uint64       // how many came before
}

// maxBeat bounds how long a heartbeat with a place that has no length can be.
const maxBeat = 256

// BeatsOf returns the heartbeats of a modem with that identity, as it sends it. came is what else came with its registration.
func BeatsOf(known []Heartbeat, id []byte, came []wire.Field) []Beat {
	var beats []Beat
	for _, h := range known {
		if b := h.Bytes.With(id); len(b) > 0 {
			beats = append(beats, Beat{bytes: b, answer: h.Answer.With(id), came: came})
		}
	}
	return beats
}

// ExactBeat returns the heartbeat of a family that sends always the same bytes and wants no answer.
func ExactBeat(p string) Beat { return Beat{bytes: wire.Literal([]byte(p))} }

// front reports how long the heartbeat is that p begins with, 0 if none. longer means that p may be the beginning of one.
func (b *Beat) front(p []byte) (n int, longer bool) {
	if first := b.bytes[0]; len(first.Literal) > 0 && len(p) > 0 && first.Literal[0] != p[0] {
		return 0, false // nearly always
	}
	n, _, ok := b.bytes.Front(p)
	return n, ok && n == 0 && len(p) < maxBeat
}

// decoded returns what becomes of the heartbeat p.
func (b *Beat) decoded(p []byte) Decoded {
	p = bytes.Clone(p)
	d := Decoded{Beats: [][]byte{p}}
	_, fields, _ := b.bytes.Front(p)
	d.Facts = wire.Facts(fields)
	if len(b.answer) > 0 {
		d.Answer = b.answer.Append(nil, &wire.Values{Came: append(b.came[:len(b.came):len(b.came)], fields...), Counter: b.taken})
	}
	b.taken++
	return d
}

// takeBeat takes a heartbeat off the front of p. longer means that p may be the beginning of one.
func takeBeat(out *Decoded, beats []Beat, p []byte) (n int, longer bool) {
	for i := range beats {
		n, more := beats[i].front(p)
		if n > 0 {
			out.And(beats[i].decoded(p[:n]))
			return n, false
		}
		longer = longer || more
	}
	return 0, longer
}

// validateTold refuses heartbeats that are recognised by their bytes alone and of which one begins another.
func validateTold(beats []Beat, told func(wire.Template) bool, fault wire.FaultFunc) {
	for i, b := range beats {
		for j, other := range beats {
			if i != j && told(b.bytes) && told(other.bytes) && b.bytes.Least() < other.bytes.Least() && b.bytes.MayBegin(other.bytes) {
				fault("heartbeats", "heartbeat %d is the beginning of heartbeat %d: leave one out, they cannot be told from one another", i+1, j+1)
			}
		}
	}
}
