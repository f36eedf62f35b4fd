package codec

import (
	"bytes"
	"slices"
	"sync/atomic"
	"time"

	"meterline/relay/wire"
)

// Framing says that the meter's bytes are sent in packets with a length, in both directions. The zero value means that they are
// not.
type Framing struct {
	In     wire.Template // packets from the modem, with {length:N} and {data} in them
	Out    wire.Template // packets to the modem; empty: what we send is sent unchanged
	Counts Counts
}

// Counts says what the length of a packet counts.
type Counts string

// What lengths count.
const (
	CountsData   Counts = "data"   // the meter's bytes; the zero value means this as well
	CountsPacket Counts = "packet" // the packet from its first byte to its last
	CountsRest   Counts = "rest"   // everything after the length
)

// Used reports whether there are any rules.
func (f *Framing) Used() bool { return len(f.In)+len(f.Out) > 0 }

// unframe takes packets apart. Data is passed on as it comes, unless the packet has a checksum: then it is passed on when that
// has turned out right. It depends on the bytes alone; pauses mean nothing to it, except that a packet with a checksum must be
// complete within holdPacket.
type unframe struct {
	layout
	beats   []Beat
	checked bool // packets have a checksum
	told    []wire.Fact
	came    *cameFields // nil: nothing is repeated

	left   int    // data bytes of the packet still to come
	inTail bool   // the packet's data is complete, what follows it is not
	held   []byte // the beginning of a head, tail or heartbeat, or of a packet with a checksum
	aged   bool   // the beginning of held has been held for holdPacket
}

// holdPacket is how long a packet with a checksum may take: its length may be what was damaged, and what follows must not be
// held for ever. Cellular networks repeat a lost segment within a few seconds.
const holdPacket = 5 * time.Second

// maxChecked bounds the data of packets with a checksum. Such a packet is held whole, and where its length was damaged, all that
// follows is looked at again from its second byte on: without a bound each byte may cost the checksum of 64 KiB. Modems put at most
// what fits into one segment, some 1,460 bytes, into a packet.
const maxChecked = 4096

// framer makes packets as well.
type framer struct {
	*unframe
	out  layout
	room int
	sent uint64 // packets
}

// cameFields is what came in packets and is repeated in those that we send. Decode alone sets it, and Encode, in another goroutine, reads it.
type cameFields struct{ fields atomic.Pointer[[]wire.Field] }

// set replaces what came in the places of these names.
func (c *cameFields) set(fields []wire.Field) {
	came := slices.Clone(c.get())
	for _, f := range fields {
		f.Bytes = bytes.Clone(f.Bytes)
		i := slices.IndexFunc(came, func(o wire.Field) bool { return o.Name == f.Name })
		if i < 0 {
			came = append(came, f)
		} else {
			came[i] = f
		}
	}
	c.fields.Store(&came)
}

// get returns what came. Nobody may change it.
func (c *cameFields) get() []wire.Field {
	if came := c.fields.Load(); came != nil {
		return *came
	}
	return nil
}

// NewFraming returns what takes a modem's packets apart, and makes packets if the rules say so. id is the identity as it is sent,
// and came what else came with its registration. A packet that it makes has at most most bytes of the meter.
func NewFraming(rules *Framing, id []byte, came []wire.Field, most int, beats []Beat) Codec {
	in := &unframe{layout: newLayout(rules.In, id, rules.Counts), beats: beats}
	in.checked = slices.ContainsFunc(rules.In, func(p wire.Part) bool { return p.IsChecksum() })
	if len(rules.Out) == 0 {
		return in
	}
	in.came = &cameFields{}
	in.came.set(in.zeros()) // until a packet has come
	in.came.set(came)
	out := newLayout(rules.Out.Sized(in.came.get()), id, rules.Counts)
	return &framer{unframe: in, out: out, room: min(most, out.most())}
}

func (u *unframe) Decode(p []byte, _ time.Duration) Decoded {
	var out Decoded
	waiting := len(u.held) > 0
	if waiting {
		p = append(u.held, p...)
		u.held = nil
	}
	for rest := p; len(rest) > 0; {
		n := u.decodeFront(&out, rest)
		switch {
		case n > 0:
			u.aged, waiting, rest = false, false, rest[n:]
			continue
		case waiting: // p is our own, and nothing of it is handed on
			u.held = rest
		default:
			u.held = bytes.Clone(rest)
		}
		break
	}
	return out
}

// decodeFront decodes the front of p and returns its length, 0 if more is needed.
func (u *unframe) decodeFront(out *Decoded, p []byte) int {
	switch {
	case u.left > 0:
		n := min(u.left, len(p))
		out.Data = joined(out.Data, p[:n])
		u.left -= n
		u.inTail = u.left == 0 && u.tailLen > 0
		return n
	case u.inTail && fit(u.tail, p):
		if len(p) < u.tailLen {
			return 0
		}
		u.inTail = false
		u.tell(out, u.tail, p[:u.tailLen])
		return u.tailLen
	}
	u.inTail = false // the tail is missing: this may begin the next packet
	if n, longer := takeBeat(out, u.beats, p); n > 0 || longer {
		return n
	}
	if n, ok := u.decodePacket(out, p); ok {
		return n
	}
	out.Dropped++
	return 1
}

// decodePacket decodes the head at the front of p, or all of the packet if it has a checksum. ok is false if no packet begins
// there.
func (u *unframe) decodePacket(out *Decoded, p []byte) (n int, ok bool) {
	if !fit(u.head, p) {
		return 0, false
	}
	if len(p) < u.headLen {
		return 0, true
	}
	data := u.length(p)
	switch {
	case data < 0, u.checked && data > maxChecked:
		return 0, false
	case !u.checked:
		u.left, u.inTail = data, data == 0 && u.tailLen > 0
		u.tell(out, u.head, p[:u.headLen])
		return u.headLen, true
	}
	if _, _, sound := u.head.Front(p[:u.headLen]); !sound { // it may have a checksum of its own
		return 0, false
	}
	n = u.headLen + data + u.tailLen
	if len(p) < n {
		return 0, true
	}
	fields, sound := u.packet.Packet(p[:n], data)
	if !sound {
		if u.packet.WrongPacket(p[:n], data) {
			out.Damaged++
		}
		return 0, false
	}
	out.Data = joined(out.Data, p[u.headLen:u.headLen+data])
	u.tellFields(out, fields)
	return n, true
}

// tell passes on what the places of a head or tail hold.
func (u *unframe) tell(out *Decoded, t wire.Template, p []byte) {
	if u.places == 0 {
		return
	}
	_, fields, _ := t.Front(p)
	u.tellFields(out, fields)
}

// tellFields passes on what came in places, facts only if they have changed.
func (u *unframe) tellFields(out *Decoded, fields []wire.Field) {
	if u.places == 0 {
		return
	}
	if u.came != nil {
		u.came.set(fields)
	}
	for _, f := range wire.Facts(fields) {
		i := slices.IndexFunc(u.told, func(o wire.Fact) bool { return o.Name == f.Name })
		switch {
		case i < 0:
			u.told = append(u.told, f)
		case u.told[i] == f:
			continue
		default:
			u.told[i] = f
		}
		out.Facts = append(out.Facts, f)
	}
}

func (u *unframe) Pending() int { return len(u.held) }

// Holding limits how long a packet with a checksum is waited for.
func (u *unframe) Holding() time.Duration {
	if !u.checked || len(u.held) == 0 {
		return 0
	}
	return holdPacket
}

// Release gives up the packet that has begun: what follows its first byte is looked at anew. As the time counts from the first of
// all bytes held without a break, a packet that has just begun gets the same time once more.
func (u *unframe) Release() Decoded {
	if !u.aged || len(u.held) == 0 {
		u.aged = true
		return Decoded{}
	}
	p := u.held[1:]
	u.held = nil
	out := u.Decode(p, 0)
	out.Dropped++
	u.aged = true
	return out
}

func (f *framer) Encode(dst, p []byte) (out []byte, n int) {
	n = min(len(p), f.room)
	dst = f.out.packet.Append(dst, &wire.Values{Came: f.came.get(), Counter: f.sent, Data: p[:n], Length: n + f.out.extra})
	f.sent++
	return dst, n
}
