// Package codec removes what modems add to the bytes of their meters, and packs what is sent to them: heartbeats, escapes, packets
// with a length, prefixes. It does no I/O and knows no family; package profile chooses.
package codec

import (
	"time"

	"meterline/relay/wire"
)

// Codec removes what a modem adds to what it sends, so that the meter's bytes remain. It is fed in order and does no I/O.
type Codec interface {
	// Decode takes the bytes p, which came after idle without a byte. The result may alias p, and is valid until the next call.
	Decode(p []byte, idle time.Duration) Decoded
}

// Decoded is what a codec has made of some bytes.
type Decoded struct {
	Data    []byte       // the meter's bytes
	Answer  []byte       // to be sent to the modem unchanged, between two writes
	Facts   []wire.Fact  // what the modem said of itself
	Events  []wire.Event // what it reported
	Beats   [][]byte     // heartbeats that were taken out
	Passed  [][]byte     // heartbeats in Data, as far as they can be told
	Dropped int          // how many bytes have no place in the family's protocol
	Damaged int          // how many packets had a wrong checksum; their bytes are among those dropped
}

// And appends to d what came next.
func (d *Decoded) And(next Decoded) {
	d.Data = joined(d.Data, next.Data)
	d.Answer = append(d.Answer, next.Answer...)
	d.Facts = append(d.Facts, next.Facts...)
	d.Events = append(d.Events, next.Events...)
	d.Beats = append(d.Beats, next.Beats...)
	d.Passed = append(d.Passed, next.Passed...)
	d.Dropped += next.Dropped
	d.Damaged += next.Damaged
}

// joined returns a followed by b. Neither is written to.
func joined(a, b []byte) []byte {
	if len(a) == 0 {
		return b
	}
	return append(a[:len(a):len(a)], b...)
}

// Holder is implemented by codecs that may hold bytes back until they know what these are.
type Holder interface {
	// Holding returns how long at most to wait for more from now on; 0 means that nothing is held.
	Holding() time.Duration
	// Release is called when nothing has come for as long as Holding said. It decides what the held bytes are.
	Release() Decoded
}

// Encoder is implemented by codecs that wrap the meter's bytes or replace some of them. A chain has at most one of them.
type Encoder interface {
	// Encode appends to dst what is sent for the first n bytes of p: as many as fit into one packet, and at least one.
	Encode(dst, p []byte) (wire []byte, n int)
}

// Asker is implemented by codecs that have questions of their own for the modem.
type Asker interface {
	// Ask is called when a session begins to be read, and again each time next has passed, until next is 0. The question is
	// sent unchanged, between two writes; it may be empty.
	Ask() (question []byte, next time.Duration)
}

// FrameEnd measures the meter's message at the front of p, by the meter's own protocol. It returns the length of the message; or, if
// message is false, of what belongs to none. n is 0 while more bytes are needed to tell. A nil FrameEnd says that messages have no
// end that could be known.
type FrameEnd func(p []byte) (n int, message bool)

// chain is several codecs in a row; each is fed with what the one before it leaves.
type chain []Codec

// NewChain leaves out nil codecs. It returns nil if none is left.
func NewChain(codecs ...Codec) Codec {
	var c chain
	for _, one := range codecs {
		if one != nil {
			c = append(c, one)
		}
	}
	switch len(c) {
	case 0:
		return nil
	case 1:
		return c[0]
	}
	return c
}

func (c chain) Decode(p []byte, idle time.Duration) Decoded {
	return c.pass(Decoded{Data: p}, idle)
}

// pass feeds the data of d through all codecs.
func (c chain) pass(d Decoded, idle time.Duration) Decoded {
	for _, one := range c {
		if len(d.Data) == 0 {
			break
		}
		next := one.Decode(d.Data, idle)
		d.Data = nil
		d.And(next)
	}
	return d
}

// holding returns the first codec that holds something, and for how long.
func (c chain) holding() (int, Holder, time.Duration) {
	for i, one := range c {
		if h, ok := one.(Holder); ok {
			if d := h.Holding(); d > 0 {
				return i, h, d
			}
		}
	}
	return 0, nil, 0
}

func (c chain) Holding() time.Duration {
	_, _, d := c.holding()
	return d
}

func (c chain) Release() Decoded {
	i, h, _ := c.holding()
	if h == nil {
		return Decoded{}
	}
	return c[i+1:].pass(h.Release(), 0)
}

// Pender is implemented by codecs that count the bytes they hold.
type Pender interface{ Pending() int }

func (c chain) Pending() (n int) {
	for _, one := range c {
		if p, ok := one.(Pender); ok {
			n += p.Pending()
		}
	}
	return n
}

// As returns the codec of a chain, or the only one, that implements T.
func As[T any](c Codec) (T, bool) {
	if t, ok := c.(T); ok {
		return t, true
	}
	if several, ok := c.(chain); ok {
		for _, one := range several {
			if t, ok := one.(T); ok {
				return t, true
			}
		}
	}
	var none T
	return none, false
}
