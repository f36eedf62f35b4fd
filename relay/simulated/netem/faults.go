// Package netem does to bytes what a bad network does: they come late and in pieces, but whole and in order. It loses nothing,
// and knows nothing of modems. A simulated modem or a proxy decides which connections are lost.
//
// Faults.Schedule puts bytes into an Outbox, and Outbox.Take returns them when they are due.
package netem

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Faults is what a bad network does to bytes in one direction. They come late and in pieces, but whole and in order, as over
// TCP. The zero value does nothing.
type Faults struct {
	Delay    time.Duration // how long bytes are on their way
	DelayMax time.Duration // if above Delay: the delay is random between the two, a new one for each read
	Fragment int           // cut into pieces of 1 to so many bytes; 0: not cut
	Gap      time.Duration // longest pause between two pieces, each random; 0 means 10 ms, negative: none
}

// Validate returns what is wrong with the values, nil if nothing.
func (f Faults) Validate() error {
	switch {
	case f.Delay < 0 || f.DelayMax < 0:
		return errors.New("delay must not be negative")
	case f.DelayMax != 0 && f.DelayMax < f.Delay:
		return fmt.Errorf("longest delay %v is below the shortest, %v", f.DelayMax, f.Delay)
	case f.Fragment < 0:
		return errors.New("fragment must not be negative: write the most bytes of a piece, or 0 for whole answers")
	}
	return nil
}

// Schedule puts p into o with the times at which its pieces arrive.
func (f Faults) Schedule(o *Outbox, p []byte, now time.Time, random *rand.Rand) {
	due := now.Add(f.Delay)
	if f.DelayMax > f.Delay {
		due = due.Add(time.Duration(random.Int64N(int64(f.DelayMax - f.Delay))))
	}
	if f.Fragment == 0 {
		o.Put(p, due)
		return
	}
	due = latest(due, o.last)
	for len(p) > 0 {
		n := min(1+random.IntN(f.Fragment), len(p))
		o.Put(p[:n], due)
		p = p[n:]
		due = due.Add(f.gap(random))
	}
}

func (f Faults) gap(random *rand.Rand) time.Duration {
	longest := f.Gap
	switch {
	case longest == 0:
		longest = 10 * time.Millisecond
	case longest < 0:
		return 0
	}
	return time.Duration(random.Int64N(int64(longest) + 1))
}

// outboxLimit is how many bytes are held before no more are taken, so that a fast sender is slowed down as by a network, and
// memory stays bounded.
const outboxLimit = 64 << 10

// Outbox holds bytes on their way, in order, each piece until it is due.
type Outbox struct {
	pieces []piece
	Sent   time.Time // when anything was sent last; its user sets it where there are silences
	size   int
	last   time.Time     // when the latest piece is due
	behind time.Duration // the silence that must follow the latest piece
}

type piece struct {
	due            time.Time
	p              []byte
	before, behind time.Duration // the silences around the piece
}

// Put adds a copy of p. It is never due before the pieces in front of it.
func (o *Outbox) Put(p []byte, due time.Time) {
	o.last = latest(due, o.last)
	o.pieces = append(o.pieces, piece{due: o.last, p: append([]byte(nil), p...)})
	o.size += len(p)
}

// SetApart keeps silence before the piece with index first, and after the last one.
func (o *Outbox) SetApart(first int, before, behind time.Duration) {
	o.pieces[first].before = before
	o.pieces[len(o.pieces)-1].behind = behind
}

// Take returns the next piece that is due, nil if none is.
func (o *Outbox) Take(now time.Time) []byte {
	if len(o.pieces) == 0 || now.Before(o.Next()) {
		return nil
	}
	p := o.pieces[0].p
	o.behind = o.pieces[0].behind
	o.pieces = o.pieces[1:]
	if o.size -= len(p); len(o.pieces) == 0 {
		o.pieces = nil // releases the array, which 5,000 idle modems would keep
	}
	return p
}

// Next returns when the next piece is due, zero if there is none.
func (o *Outbox) Next() time.Time {
	if len(o.pieces) == 0 {
		return time.Time{}
	}
	first := o.pieces[0]
	if silence := max(first.before, o.behind); silence > 0 {
		return latest(first.due, o.Sent.Add(silence))
	}
	return first.due
}

// Hushed reports whether silence must still be kept.
func (o *Outbox) Hushed(now time.Time) bool { return o.behind > 0 && now.Before(o.Sent.Add(o.behind)) }

// Len returns the number of pieces.
func (o *Outbox) Len() int { return len(o.pieces) }

// Empty reports whether nothing is on its way.
func (o *Outbox) Empty() bool { return len(o.pieces) == 0 }

// Full reports whether no more should be put in at present.
func (o *Outbox) Full() bool { return o.size >= outboxLimit }

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
