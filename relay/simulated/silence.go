package simulated

import "time"

// Where a modem's own bytes may be data as well, nothing but silence tells them apart, and real modems keep it: a converter
// ends a packet when its serial line has been quiet for some tens of milliseconds, its meter then waits for the next
// request, and that takes a round trip over the network; a heartbeat comes when the line has been quiet for much longer.
// Simulated meters answer at once. So a simulated modem of such a family lets
//
//   - packetSilence pass before a packet that begins with a prefix, and behind a heartbeat, and
//   - beatSilence before a heartbeat,
//
// each more than twice what package profile knows them by: what is sent in time may be read late. Inside a packet or a
// heartbeat it keeps none, however these are cut, and it never puts two of them into one write. Packets with frames need no
// silence, and get none.
const (
	packetSilence = 250 * time.Millisecond
	beatSilence   = 700 * time.Millisecond
)

// Silencer is implemented by sides of families that know some of their bytes by the silence around them.
type Silencer interface {
	// Silences returns how long nothing must have been sent before a packet and before a heartbeat; 0 means no silence.
	Silences() (packet, beat time.Duration)
}

// silences are those that a side needs before a packet and before a heartbeat, 0: none.
func silences(s Side) (packet, beat time.Duration) {
	if s, ok := s.(Silencer); ok {
		return s.Silences()
	}
	return 0, 0
}

// speak sends what the meter says.
func (c *session) speak(p []byte, now time.Time) error {
	if len(p) == 0 {
		return nil
	}
	wire := c.side.Put(p)
	if silence, _ := silences(c.side); silence > 0 {
		c.apart(wire, silence, 0, now)
		return nil
	}
	return c.send(wire, c.Faults, now)
}

// beat sends a heartbeat.
func (c *session) beat(now time.Time) error {
	p := c.side.Beat()
	if _, silence := silences(c.side); silence > 0 && len(p) > 0 {
		c.apart(p, silence, packetSilence, now)
		return nil
	}
	return c.send(p, c.Faults, now)
}

// apart sends p, which is not empty, with silence before and behind it.
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
