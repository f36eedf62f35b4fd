package codec

import (
	"bytes"
	"slices"
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

// layout is a packet without its data: parts of fixed lengths before and after it.
type layout struct {
	head, tail []wire.Part
	headLen    int
	tailLen    int
	at, size   int // the length's place in the head
	little     bool
	extra      int // how many bytes the length counts besides the data
}

func newLayout(t wire.Template, id []byte, counts Counts) layout {
	var l layout
	t = t.With(id)
	i := slices.IndexFunc(t, func(p wire.Part) bool { return p.Name == wire.PlaceData })
	l.head, l.tail = t[:i], t[i+1:]
	for _, part := range l.head {
		if part.Name == wire.PlaceLength {
			l.at, l.size, l.little = l.headLen, part.Length, part.Format == "le"
		}
		l.headLen += len(part.Literal) + part.Length
	}
	l.tailLen = wire.Template(l.tail).Least()
	switch counts {
	case CountsPacket:
		l.extra = l.headLen + l.tailLen
	case CountsRest:
		l.extra = l.headLen - l.at - l.size + l.tailLen
	}
	return l
}

// length returns the number of data bytes that a complete head announces, negative if that is impossible.
func (l *layout) length(head []byte) int {
	field := bytes.Clone(head[l.at : l.at+l.size])
	if l.little {
		slices.Reverse(field)
	}
	n := 0
	for _, b := range field {
		n = n<<8 | int(b)
	}
	if n -= l.extra; n > maxPacket {
		return -1
	}
	return n
}

// maxPacket bounds what a modem may announce. A head with more is not taken for one.
const maxPacket = 1 << 16

// most returns the largest number of data bytes that the length can express.
func (l *layout) most() int { return min(1<<(8*l.size)-1, maxPacket+l.extra) - l.extra }

// fit reports whether p can be the beginning of parts, each of which has a length.
func fit(parts []wire.Part, p []byte) bool {
	for _, part := range parts {
		n := min(len(p), len(part.Literal)+part.Length)
		if part.Name == "" && !bytes.Equal(p[:n], part.Literal[:n]) {
			return false
		}
		p = p[n:]
	}
	return true
}

// unframe takes packets apart. Data is passed on as it comes. It depends on the bytes alone; pauses mean nothing to it.
type unframe struct {
	layout
	beats []Beat

	left   int    // data bytes of the packet still to come
	inTail bool   // the packet's data is complete, what follows it is not
	held   []byte // the beginning of a head, tail or heartbeat
}

// framer makes packets as well.
type framer struct {
	*unframe
	out  layout
	room int
}

// NewFraming returns what takes a modem's packets apart, and makes packets if the rules say so. id is the identity as it is sent.
// A packet that it makes has at most most bytes of the meter.
func NewFraming(rules *Framing, id []byte, most int, beats []Beat) Codec {
	in := &unframe{layout: newLayout(rules.In, id, rules.Counts), beats: beats}
	if len(rules.Out) == 0 {
		return in
	}
	out := newLayout(rules.Out, id, rules.Counts)
	return &framer{in, out, min(most, out.most())}
}

func (u *unframe) Decode(p []byte, _ time.Duration) Decoded {
	var out Decoded
	if len(u.held) > 0 {
		p = append(u.held, p...)
		u.held = nil
	}
	for len(p) > 0 {
		n := u.decodeFront(&out, p)
		if n == 0 {
			u.held = bytes.Clone(p)
			break
		}
		p = p[n:]
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
		return u.tailLen
	}
	u.inTail = false // the tail is missing: this may begin the next packet
	if n, longer := takeBeat(out, u.beats, p); n > 0 || longer {
		return n
	}
	if fit(u.head, p) {
		if len(p) < u.headLen {
			return 0
		}
		if n := u.length(p); n >= 0 {
			u.left, u.inTail = n, n == 0 && u.tailLen > 0
			return u.headLen
		}
	}
	out.Dropped++
	return 1
}

func (u *unframe) Pending() int { return len(u.held) }

func (f *framer) Encode(dst, p []byte) (wire []byte, n int) {
	n = min(len(p), f.room)
	for _, part := range f.out.head {
		dst = append(dst, part.Literal...)
		for i := range part.Length {
			shift := 8 * (part.Length - 1 - i)
			if f.out.little {
				shift = 8 * i
			}
			dst = append(dst, byte((n+f.out.extra)>>shift))
		}
	}
	dst = append(dst, p[:n]...)
	for _, part := range f.out.tail {
		dst = append(dst, part.Literal...)
	}
	return dst, n
}

// Validate reports what is wrong with the rules, beside heartbeats with IDStandIn as the identity. registered says that a registration
// tells the identity.
func (f *Framing) Validate(beats []Beat, registered bool, fault wire.FaultFunc) {
	if !slices.Contains([]Counts{"", CountsData, CountsPacket, CountsRest}, f.Counts) {
		fault("length_counts", "%q is unknown: write one of %s", f.Counts, wire.Choices([]Counts{CountsData, CountsPacket, CountsRest}))
	}
	switch {
	case !f.Used() && f.Counts != "":
		fault("length_counts", "it belongs to packets with a length: write packet_in, or leave it out")
		return
	case !f.Used():
		return
	case len(f.In) == 0:
		fault("packet_out", "it stands without packet_in: write how packets from the modem look, too, like packet_in = %q", "hex:7B 09 {length:2} {data}")
		return
	}
	sound := packetSound(registered, "packet_in", f.In, fault, wire.PlaceAny, wire.PlaceID)
	if sound {
		f.validateBeats(beats, fault)
	}
	if len(f.Out) == 0 || !packetSound(registered, "packet_out", f.Out, fault, wire.PlaceID) {
		return
	}
	out := newLayout(f.Out, []byte(wire.IDStandIn), f.Counts)
	if out.most() < 1 {
		fault("packet_out", "its length has no room for data: write {length:2}")
	}
}

// packetSound reports what is wrong with the packets of one direction.
func packetSound(registered bool, key string, t wire.Template, fault wire.FaultFunc, allowed ...string) bool {
	sound := true
	wrong := func(format string, args ...any) {
		sound = false
		fault(key, format, args...)
	}
	data := slices.IndexFunc(t, func(part wire.Part) bool { return part.Name == wire.PlaceData })
	length := slices.IndexFunc(t, func(part wire.Part) bool { return part.Name == wire.PlaceLength })
	if t.Count(wire.PlaceData) != 1 || t.Count(wire.PlaceLength) != 1 {
		wrong("write {length:2} once and {data} once, like %q", "hex:7B 09 {length:2} {data}")
	} else if length > data {
		wrong("{length:%d} stands behind {data}: write it before, or the end could not be told", t[length].Length)
	}
	for _, part := range t {
		switch {
		case part.Name == "" || part.Name == wire.PlaceData || part.Name == wire.PlaceLength:
		case !slices.Contains(allowed, part.Name):
			wrong("{%s} is not known there: write bytes%s", part.Name, wire.OrPlaces(allowed))
		case part.Name == wire.PlaceID && !registered:
			wrong("it has {id}, but there is no registration that tells it: write {*:11} or its bytes")
		case part.Name == wire.PlaceAny && part.Length == 0:
			wrong("nothing says where {*} ends: write its length, like {*:2}")
		}
	}
	return sound
}

// validateBeats refuses heartbeats that begin like packets.
func (f *Framing) validateBeats(beats []Beat, fault wire.FaultFunc) {
	in := newLayout(f.In, []byte(wire.IDStandIn), f.Counts)
	for i, b := range beats {
		if fit(in.head, b.Bytes[:min(len(b.Bytes), in.headLen)]) && !bytes.Equal(b.Bytes, nil) {
			fault("heartbeats", "heartbeat %d begins like packet_in: leave it out, they could not be told from one another", i+1)
		}
	}
	validateTold(beats, func([]byte) bool { return true }, fault)
}
