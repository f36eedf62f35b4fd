package codec

import (
	"bytes"
	"slices"
	"time"

	"meterline/relay/wire"
)

// packetGap is the pause by which the beginning of a packet is recognised. Converters send a packet when their serial line has
// been quiet for some tens of milliseconds. The pieces of a packet follow one another at once, unless segments are repeated.
const packetGap = 100 * time.Millisecond

// NewPrefix returns what removes t, with the identity in its place, from the front of every packet, and heartbeats. t has at most
// most bytes. The first byte is a packet's first (boundary) or, where the registration was the prefix, inside one.
//
// The meter may send the same bytes, so they are looked for only where a packet can begin. That is at the session's beginning,
// after a pause of packetGap, and where the meter's own protocol says that a message has ended. Heartbeats are looked for in the
// same places, by their own rule. Everywhere else everything is data.
func NewPrefix(t wire.Template, most int, beats []Beat, f Finding, boundary bool) Codec {
	p := prefix{template: t, most: most, boundary: boundary}
	if f.Ends == nil {
		c := &prefixAtPauses{prefix: p}
		c.beats, _ = NewHeartbeats(beats, f).(burstCodec)
		return c
	}
	c := &prefixAtMessages{prefix: p, betweenMessages: betweenMessages{known: beats, messages: messages{ends: f.Ends}}}
	c.follows = func(p []byte) bool { n, _, ok := t.Front(p); return ok && n > 0 && n <= most }
	return c
}

// prefix is what a modem puts before every packet.
type prefix struct {
	template  wire.Template
	most      int
	boundary  bool   // the next byte is a packet's first
	start     []byte // possibly the beginning of a prefix
	lastFacts []wire.Fact
}

// take takes the prefix off the front of p, where a packet can begin. wait says that more is needed to tell.
func (c *prefix) take(out *Decoded, p []byte) (n int, wait bool) {
	n, fields, ok := c.template.Front(p)
	switch {
	case ok && n > 0 && n <= c.most:
		c.addNewFacts(out, fields)
		c.boundary = false
		return n, false
	case ok && n == 0 && len(p) < c.most:
		c.start = bytes.Clone(p)
		return 0, true
	}
	return 0, false
}

// addNewFacts adds what the prefix says of the modem, if it has changed.
func (c *prefix) addNewFacts(out *Decoded, fields []wire.Field) {
	told := wire.Facts(fields)
	if len(told) > 0 && !slices.Equal(told, c.lastFacts) {
		c.lastFacts = told
		out.Facts = append(out.Facts, told...)
	}
}

// burstCodec removes heartbeats by where they stand in a burst.
type burstCodec interface {
	Codec
	Holder
	Pender
	// inside notes that what comes next stands inside a burst.
	inside()
}

// prefixAtPauses removes prefixes where nothing is known of the meter's messages.
type prefixAtPauses struct {
	prefix
	beats burstCodec // nil: there are no heartbeats
	pause time.Duration
}

func (c *prefixAtPauses) Decode(p []byte, idle time.Duration) Decoded {
	var out Decoded
	switch {
	case len(c.start) > 0:
		p, idle = append(c.start, p...), c.pause
		c.start = nil
	case c.beats != nil && c.beats.Pending() > 0 && idle < packetGap:
		if _, _, begins := c.template.Front(p); !begins {
			c.rest(&out, p, idle)
			return out
		}
		out = c.beats.Release()
		c.boundary = len(out.Data) == 0 // what stood before a packet was heartbeats
	case idle >= packetGap:
		if c.beats != nil {
			out = c.beats.Release()
		}
		c.boundary = true
	}
	if c.boundary {
		n, wait := c.take(&out, p)
		switch {
		case wait:
			c.pause = idle
			return out
		case n > 0:
			p, idle = p[n:], 0
			if c.beats != nil {
				c.beats.inside()
			}
		}
	}
	if len(p) > 0 {
		c.rest(&out, p, idle)
	}
	return out
}

// rest takes p for heartbeats or for data, behind which no packet begins.
func (c *prefixAtPauses) rest(out *Decoded, p []byte, idle time.Duration) {
	d := Decoded{Data: p}
	if c.beats != nil {
		d = c.beats.Decode(p, idle)
	}
	c.boundary = len(d.Data) == 0
	out.And(d)
}

func (c *prefixAtPauses) Holding() time.Duration {
	switch {
	case len(c.start) > 0:
		return holdBeat
	case c.beats != nil:
		return c.beats.Holding()
	}
	return 0
}

func (c *prefixAtPauses) Release() Decoded {
	var out Decoded
	switch {
	case len(c.start) > 0:
		p := c.start
		c.start = nil
		c.rest(&out, p, c.pause)
	case c.beats != nil:
		out = c.beats.Release()
		c.boundary = len(out.Data) == 0
	}
	return out
}

func (c *prefixAtPauses) Pending() int {
	if c.beats == nil {
		return len(c.start)
	}
	return len(c.start) + c.beats.Pending()
}

// prefixAtMessages removes prefixes behind pauses, as prefix does, and where a message of the meter has ended.
type prefixAtMessages struct {
	prefix
	betweenMessages
}

func (c *prefixAtMessages) Decode(p []byte, idle time.Duration) Decoded {
	c.messages.pause(idle)
	c.boundary = c.boundary || idle >= packetGap
	p = slices.Concat(c.start, c.held, p) // at most one of the two holds anything
	c.start, c.held = nil, nil
	var out Decoded
	for len(p) > 0 {
		if c.boundary {
			n, wait := c.take(&out, p)
			if p = p[n:]; wait || len(p) == 0 {
				break
			}
		}
		p = c.behind(&out, p)
	}
	return out
}

// behind is next for p, which begins with no prefix that could be told.
func (c *prefixAtMessages) behind(out *Decoded, p []byte) []byte {
	if c.boundary {
		p = c.next(out, p)
	} else {
		p = c.pass(out, p)
	}
	c.boundary = c.messages.between()
	return p
}

func (c *prefixAtMessages) Holding() time.Duration {
	if len(c.start) > 0 {
		return holdBeat
	}
	return c.betweenMessages.Holding()
}

func (c *prefixAtMessages) Release() Decoded {
	var out Decoded
	if p := c.start; len(p) > 0 {
		c.start = nil
		p = c.behind(&out, p)
		for len(p) > 0 {
			p = c.next(&out, p)
		}
	} else {
		out = c.betweenMessages.Release()
	}
	c.boundary = c.messages.between()
	return out
}

func (c *prefixAtMessages) Pending() int { return len(c.start) + len(c.held) }
