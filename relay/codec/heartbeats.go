package codec

import "time"

const (
	// StandsAlone is the silence behind which bytes that come alone may be a heartbeat.
	StandsAlone = 300 * time.Millisecond
	// holdBeat is how long the beginning of a heartbeat waits for its rest.
	holdBeat = 200 * time.Millisecond
)

// Finding says where the bytes of a heartbeat count as one. With the zero value they do if a burst has nothing else in it: one
// or several heartbeats, behind a silence of StandsAlone.
type Finding struct {
	Ends     FrameEnd // if it is set, they count between the meter's messages and nowhere else
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

// found is a heartbeat and how many bytes it has.
type found struct {
	beat *Beat
	n    int
}

// row returns the heartbeats at the front of p that stand one after the other, and their length. longer reports that what follows
// them, perhaps nothing else but a heartbeat, is the beginning of a longer one.
func row(known []Beat, p []byte) (all []found, n int, longer bool) {
	for n < len(p) {
		one, more := first(known, p[n:])
		if more || one.n == 0 {
			return all, n, more
		}
		all = append(all, one)
		n += one.n
	}
	return all, n, false
}

// lastRow is row where nothing follows p.
func lastRow(known []Beat, p []byte) (all []found, n int) {
	for n < len(p) {
		one, _ := first(known, p[n:])
		if one.n == 0 {
			break
		}
		all = append(all, one)
		n += one.n
	}
	return all, n
}

// first returns the longest heartbeat that p begins with, and reports whether all of p may be the beginning of a longer one.
func first(known []Beat, p []byte) (longest found, longer bool) {
	for i := range known {
		n, more := known[i].front(p)
		if n > longest.n {
			longest = found{&known[i], n}
		}
		longer = longer || more
	}
	return longest, longer
}

// takeOut adds to d the heartbeats at the front of p.
func (d *Decoded) takeOut(all []found, p []byte) {
	for _, one := range all {
		d.And(one.beat.decoded(p[:one.n]))
		p = p[one.n:]
	}
}
