package simulated

import (
	"time"

	"meterline/relay/profile/side"
)

// speak sends what the meter says.
func (c *session) speak(p []byte, now time.Time) error {
	if len(p) == 0 {
		return nil
	}
	wire := c.side.Put(p)
	if silence, _ := c.side.Silences(); silence > 0 {
		c.apart(wire, silence, 0, now)
		return nil
	}
	return c.send(wire, c.Faults, now)
}

// beat sends a heartbeat.
func (c *session) beat(now time.Time) error {
	p := c.side.Beat()
	if _, silence := c.side.Silences(); silence > 0 && len(p) > 0 {
		c.apart(p, silence, side.PacketSilence, now)
		return nil
	}
	return c.send(p, c.Faults, now)
}

// apart sends p, which is not empty, with silence before and after it.
func (c *session) apart(p []byte, before, behind time.Duration, now time.Time) {
	if len(c.held.held) > 0 {
		c.cut(now)
	}
	first := c.out.Len()
	if c.Shuffle {
		c.scatter(p, now)
	} else {
		c.Faults.Schedule(&c.out, p, now, c.random)
	}
	c.out.SetApart(first, before, behind)
}

// How bytes are shuffled: they are held for a moment, so that others may come into the same write, and then cut.
const (
	shuffleHold = 5 * time.Millisecond
	shuffleCuts = 4
	shuffleGap  = 2 * time.Millisecond
)

// shuffle holds the bytes of a session that a simulated network may still merge with others or cut apart.
type shuffle struct {
	held []byte
	due  time.Time // zero: nothing is held
}

// add holds p for a moment; half of the times no longer than what is held already.
func (c *session) add(p []byte, now time.Time) {
	c.held.held = append(c.held.held, p...)
	if !c.held.due.IsZero() {
		return
	}
	c.held.due = now
	if c.random.IntN(2) == 0 {
		c.held.due = now.Add(time.Duration(c.random.Int64N(int64(shuffleHold))))
	}
}

// cut sends what is held in several writes, now and then with a heartbeat after it.
func (c *session) cut(now time.Time) {
	p := c.held.held
	c.held = shuffle{}
	if _, alone := c.side.Silences(); alone == 0 && c.HeartbeatEvery > 0 && c.registered && c.random.IntN(4) == 0 {
		p = append(p, c.side.Beat()...)
	}
	c.scatter(p, now)
}

// scatter sends p in several writes.
func (c *session) scatter(p []byte, now time.Time) {
	for cuts := c.random.IntN(shuffleCuts); len(p) > 0; cuts-- {
		n := len(p)
		if cuts > 0 {
			n = 1 + c.random.IntN(len(p))
		}
		c.Faults.Schedule(&c.out, p[:n], now, c.random)
		p = p[n:]
		if c.random.IntN(2) == 0 {
			now = now.Add(time.Duration(c.random.Int64N(int64(shuffleGap))))
		}
	}
}
