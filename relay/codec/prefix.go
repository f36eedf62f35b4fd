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

// maxMessage bounds how much of a meter's message is kept to find its end. No protocol here has longer messages.
const maxMessage = 4096

// prefix removes what a modem puts before every packet. The meter may send the same bytes, so they are looked for only where a
// packet can begin. That is at the session's beginning, after a pause of packetGap, and where the meter's own protocol says
// that a message has ended. Heartbeats are looked for in the same places, by their own rule. Everywhere else everything is
// data.
type prefix struct {
	template wire.Template // with the identity in its place
	most     int           // the most bytes that the prefix may have
	beats    *heartbeats
	ends     FrameEnd

	boundary  bool   // the next byte is a packet's first
	message   []byte // the present message so far, if ends is known
	held      []byte // possibly the beginning of a prefix
	pause     time.Duration
	lastFacts []wire.Fact
}

// NewPrefix begins with a packet (boundary) or, where the registration was the prefix, inside one.
func NewPrefix(t wire.Template, most int, beats []Beat, ends FrameEnd, boundary bool) Codec {
	return &prefix{template: t, most: most, beats: &heartbeats{known: beats}, ends: ends, boundary: boundary}
}

func (c *prefix) Decode(p []byte, idle time.Duration) Decoded {
	var out Decoded
	switch {
	case len(c.held) > 0:
		p, idle = append(c.held, p...), c.pause
		c.held = nil
	case c.beats.Pending() > 0:
		out = c.beats.Decode(p, idle)
		p, out.Data = out.Data, nil
		c.boundary = len(p) == 0
	case idle >= packetGap:
		c.begin()
	}
	c.feed(&out, p, idle)
	return out
}

// begin notes that a packet can begin here.
func (c *prefix) begin() {
	c.boundary, c.message = true, c.message[:0]
}

// feed takes p apart.
func (c *prefix) feed(out *Decoded, p []byte, idle time.Duration) {
	for len(p) > 0 {
		if c.boundary {
			p = c.atBoundary(out, p, idle)
			idle = 0 // what follows has come without a pause
			continue
		}
		n := c.messageEnd(p)
		out.Data = joined(out.Data, p[:n])
		p = p[n:]
	}
}

// atBoundary takes a prefix or a heartbeat off the front of p, or keeps p until it is known whether it is one.
func (c *prefix) atBoundary(out *Decoded, p []byte, idle time.Duration) []byte {
	n, fields, ok := c.template.Front(p)
	switch {
	case ok && n > 0 && n <= c.most:
		c.addNewFacts(out, fields)
		c.boundary = false
		return p[n:]
	case ok && n == 0 && len(p) < c.most:
		c.held, c.pause = bytes.Clone(p), idle
		return nil
	}
	return c.noPrefix(out, p, idle)
}

// noPrefix takes p for a heartbeat or for data. Data is then inside a packet.
func (c *prefix) noPrefix(out *Decoded, p []byte, idle time.Duration) []byte {
	d := c.beats.Decode(p, idle)
	rest := d.Data
	d.Data = nil
	out.And(d)
	c.boundary = len(rest) == 0
	return rest
}

// addNewFacts adds what the prefix says of the modem, if it has changed.
func (c *prefix) addNewFacts(out *Decoded, fields []wire.Field) {
	told := wire.Facts(fields)
	if len(told) > 0 && !slices.Equal(told, c.lastFacts) {
		c.lastFacts = told
		out.Facts = append(out.Facts, told...)
	}
}

// messageEnd returns how much of p belongs to the present message. A packet can begin where that ends.
func (c *prefix) messageEnd(p []byte) int {
	before := len(c.message)
	if c.ends == nil || before == maxMessage {
		return len(p)
	}
	c.message = append(c.message, p[:min(len(p), maxMessage-before)]...)
	end := c.ends(c.message)
	if end <= before {
		return len(p)
	}
	c.begin()
	return end - before
}

func (c *prefix) Holding() time.Duration {
	if len(c.held) > 0 {
		return holdBeat
	}
	return c.beats.Holding()
}

func (c *prefix) Release() Decoded {
	var out Decoded
	if p := c.held; len(p) > 0 {
		c.held = nil
		c.feed(&out, c.noPrefix(&out, p, c.pause), 0)
		return out
	}
	out = c.beats.Release()
	rest := out.Data
	out.Data = nil
	c.boundary = len(rest) == 0
	c.feed(&out, rest, 0)
	return out
}

func (c *prefix) Pending() int { return len(c.held) + c.beats.Pending() }
