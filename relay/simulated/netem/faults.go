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
