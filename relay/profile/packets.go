package profile

import (
	"bytes"
	"slices"
	"time"
)

// Framing says that the meter's bytes are sent in packets with a length, in both directions. The zero value means that they are
// not.
type Framing struct {
	In     Template // packets from the modem, with {length:N} and {data} in them
	Out    Template // packets to the modem; empty: what we send is sent unchanged
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

func (f *Framing) used() bool { return len(f.In)+len(f.Out) > 0 }

// layout is a packet without its data: parts of fixed lengths before and after it.
type layout struct {
	head, tail []Part
	headLen    int
	tailLen    int
	at, size   int // the length's place in the head
	little     bool
	extra      int // how many bytes the length counts besides the data
}

func newLayout(t Template, wire []byte, counts Counts) layout {
	var l layout
	t = t.with(wire)
	i := slices.IndexFunc(t, func(p Part) bool { return p.Name == placeData })
	l.head, l.tail = t[:i], t[i+1:]
	for _, part := range l.head {
		if part.Name == placeLength {
			l.at, l.size, l.little = l.headLen, part.Length, part.Format == "le"
		}
		l.headLen += len(part.Literal) + part.Length
	}
	l.tailLen = Template(l.tail).least()
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
func fit(parts []Part, p []byte) bool {
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
	beats []beat

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

func newLengthCodec(p *Profile, wire []byte, beats []beat) Codec {
	in := &unframe{layout: newLayout(p.Framing.In, wire, p.Framing.Counts), beats: beats}
	if len(p.Framing.Out) == 0 {
		return in
	}
	out := newLayout(p.Framing.Out, wire, p.Framing.Counts)
	return &framer{in, out, min(p.packetMax(), out.most())}
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

// validate reports what is wrong with the rules.
func (f *Framing) validate(p *Profile, fault faultFunc) {
	if !slices.Contains([]Counts{"", CountsData, CountsPacket, CountsRest}, f.Counts) {
		fault("length_counts", "%q is unknown: write one of %s", f.Counts, quoted([]Counts{CountsData, CountsPacket, CountsRest}))
	}
	switch {
	case !f.used() && f.Counts != "":
		fault("length_counts", "it belongs to packets with a length: write packet_in, or leave it out")
		return
	case !f.used():
		return
	case len(f.In) == 0:
		fault("packet_out", "it stands without packet_in: write how packets from the modem look, too, like packet_in = %q", "hex:7B 09 {length:2} {data}")
		return
	}
	sound := p.packetSound("packet_in", f.In, fault, placeAny, placeID)
	if sound {
		f.validateBeats(p, fault)
	}
	if len(f.Out) == 0 || !p.packetSound("packet_out", f.Out, fault, placeID) {
		return
	}
	out := newLayout(f.Out, []byte(idStandIn), f.Counts)
	if out.most() < 1 {
		fault("packet_out", "its length has no room for data: write {length:2}")
	}
}

// packetSound reports what is wrong with the packets of one direction.
func (p *Profile) packetSound(key string, t Template, fault faultFunc, allowed ...string) bool {
	sound := true
	wrong := func(format string, args ...any) {
		sound = false
		fault(key, format, args...)
	}
	data := slices.IndexFunc(t, func(part Part) bool { return part.Name == placeData })
	length := slices.IndexFunc(t, func(part Part) bool { return part.Name == placeLength })
	if t.count(placeData) != 1 || t.count(placeLength) != 1 {
		wrong("write {length:2} once and {data} once, like %q", "hex:7B 09 {length:2} {data}")
	} else if length > data {
		wrong("{length:%d} stands behind {data}: write it before, or the end could not be told", t[length].Length)
	}
	for _, part := range t {
		switch {
		case part.Name == "" || part.Name == placeData || part.Name == placeLength:
		case !slices.Contains(allowed, part.Name):
			wrong("{%s} is not known there: write bytes%s", part.Name, orPlaces(allowed))
		case part.Name == placeID && len(p.Registration) == 0:
			wrong("it has {id}, but there is no registration that tells it: write {*:11} or its bytes")
		case part.Name == placeAny && part.Length == 0:
			wrong("nothing says where {*} ends: write its length, like {*:2}")
		}
	}
	return sound
}

// validateBeats refuses heartbeats that begin like packets.
func (f *Framing) validateBeats(p *Profile, fault faultFunc) {
	in := newLayout(f.In, []byte(idStandIn), f.Counts)
	beats := beatsOf(p.Heartbeats, []byte(idStandIn))
	for i, b := range beats {
		if fit(in.head, b.bytes[:min(len(b.bytes), in.headLen)]) && !bytes.Equal(b.bytes, nil) {
			fault("heartbeats", "heartbeat %d begins like packet_in: leave it out, they could not be told from one another", i+1)
		}
	}
	validateTold(beats, func([]byte) bool { return true }, fault)
}
