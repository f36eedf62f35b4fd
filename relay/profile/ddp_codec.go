package profile

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"time"
)

// ddpHold is how long the meter's last bytes are held that could be the beginning of the next header, and a packet of
// which only its end will tell where its data are.
const ddpHold = 500 * time.Millisecond

// ddpHolds is for how many times ddpHold the front of a header is held that has its mark and type: data hardly look like
// that, and a header in the data would spoil them.
const ddpHolds = 10

// ddp takes packets apart, and makes them in the form that the modem has shown; until it has, in the makers' for TCP.
type ddp struct {
	id   string
	form atomic.Int32 // ddpForm; Encode may run beside Decode
	told []Fact       // latest

	place     ddpPlace
	left      int      // of the packet's data
	then      ddpPlace // behind them
	undecided bool     // the form is
	held      []byte
	holds     int    // times ddpHold since anything came
	data      []byte // room for what is handed on
	packets   int    // bytes of packets that are no data
}

// ddpPlace is where in the modem's bytes we are.
type ddpPlace int

const (
	ddpBetween ddpPlace = iota // packets; nothing but a header has a place here
	ddpWithin                  // data of which left are to come
	ddpClosing                 // behind them, before the mark
	ddpOpen                    // in data that only the next header ends
)

func (c *ddp) Decode(p []byte, _ time.Duration) Decoded {
	c.held, c.holds = append(c.held, p...), 0
	return c.decode(false)
}

// decode takes apart what is held. At last an undecided form is decided with what is there.
func (c *ddp) decode(last bool) Decoded {
	var d Decoded
	c.data, c.undecided = c.data[:0], false
	rest := c.held
	for len(rest) > 0 {
		n := c.step(rest, last, &d)
		if n == 0 {
			break
		}
		rest = rest[n:]
	}
	c.held = append(c.held[:0], rest...)
	d.Data = c.data
	return d
}

// step takes the front off p; 0: more is needed.
func (c *ddp) step(p []byte, last bool, d *Decoded) int {
	switch c.place {
	case ddpWithin:
		n := min(c.left, len(p))
		c.data = append(c.data, p[:n]...)
		if c.left -= n; c.left == 0 {
			c.place = c.then
		}
		return n
	case ddpClosing:
		if c.place = ddpBetween; p[0] != ddpMark {
			d.Dropped++
			return 1
		}
		c.packets++
		return 1
	}
	return c.look(p, last, d)
}

// look looks for the next header. What stands before it is data where the packet has no end of its own, else lost.
func (c *ddp) look(p []byte, last bool, d *Decoded) int {
	n, found := 0, matchNo
	var h ddpPacket
	for ; n < len(p) && found == matchNo; n++ {
		h, found = matchDDP(p[n:], c.id)
	}
	if found != matchNo {
		n-- // it stands there
	}
	switch {
	case n > 0 && c.place == ddpOpen:
		c.form.Store(int32(ddpApart))
		c.data = append(c.data, p[:n]...)
		return n
	case n > 0:
		d.Dropped += n
		return n
	case found == matchMore:
		return 0
	case !h.own:
		c.place = ddpBetween
		d.Dropped += h.length
		return h.length
	case h.kind == ddpUser:
		return c.user(h, p, last)
	case len(p) < h.length:
		return 0
	}
	c.place = ddpBetween
	c.packets += h.length
	c.control(h, p[:h.length], d)
	return h.length
}

// user begins a packet with data.
func (c *ddp) user(h ddpPacket, p []byte, last bool) int {
	switch form := ddpForm(c.form.Load()); {
	case h.length == ddpBare:
		c.place = ddpOpen
		c.packets += ddpBare
		return ddpBare
	case len(p) == ddpHead:
		return 0 // the next byte may tell
	case p[ddpHead] != ddpMark:
		return c.begin(ddpInside, h)
	case form == ddpInside || form == ddpBehind:
		return c.begin(form, h)
	case len(p) >= h.length && p[h.length-1] == ddpMark: // both have one there: the makers' form is likelier
		return c.begin(ddpInside, h)
	case len(p) >= h.length || last:
		return c.begin(ddpBehind, h)
	}
	c.undecided = true
	return 0
}

// begin leaves the header behind, of a packet in that form.
func (c *ddp) begin(form ddpForm, h ddpPacket) int {
	c.form.Store(int32(form))
	c.place, c.left = ddpWithin, h.length-ddpBare
	n := ddpHead
	if c.then = ddpClosing; form == ddpBehind {
		c.then, n = ddpBetween, ddpBare
	}
	c.packets += n
	return n
}

// control does what a packet without data asks for.
func (c *ddp) control(h ddpPacket, p []byte, d *Decoded) {
	switch h.kind {
	case ddpRegister: // again, to keep its line
		d.Answer = appendDDP(d.Answer, ddpRegister|ddpDown, c.id, ddpApart, nil)
		d.Beats = append(d.Beats, bytes.Clone(p))
		if facts := ddpFacts(p); len(c.told) != 1 || facts[0] != c.told[0] {
			c.told = facts
			d.Facts = append(d.Facts, facts...)
		}
	case ddpLogout:
		d.Answer = appendDDP(d.Answer, ddpLogout|ddpDown, c.id, ddpApart, nil)
		d.Events = append(d.Events, Event{"logout", "the modem logs out", bytes.Clone(p)})
	case ddpTaken: // every packet of ours is, at last
	case ddpInvalid:
		d.Events = append(d.Events, Event{"invalid", "the modem did not understand a packet", bytes.Clone(p)})
	default:
		d.Events = append(d.Events, Event{"management", fmt.Sprintf("packet of type %02X", h.kind), bytes.Clone(p)})
	}
}

// Holding is for bytes that may be data. A header that is certain, and anything between packets, may wait for its rest.
func (c *ddp) Holding() time.Duration {
	if c.undecided || c.place == ddpOpen && len(c.held) > 0 && len(c.held) < ddpHead {
		return ddpHold
	}
	return 0
}

func (c *ddp) Release() Decoded {
	if c.Holding() == 0 || c.undecided {
		return c.decode(true)
	}
	if c.holds++; len(c.held) > 1 && c.holds < ddpHolds {
		return Decoded{}
	}
	c.form.Store(int32(ddpApart))
	c.data = append(c.data[:0], c.held...)
	c.held = c.held[:0]
	return Decoded{Data: c.data}
}

func (c *ddp) pending() int { return len(c.held) }

func (c *ddp) Encode(dst, p []byte) (wire []byte, n int) {
	form := ddpForm(c.form.Load())
	if form == ddpUnknown {
		form = ddpInside
	}
	n = min(len(p), ddpData)
	return appendDDP(dst, ddpUser|ddpDown, c.id, form, p[:n]), n
}
