package codec

import (
	"bytes"
	"slices"

	"meterline/relay/wire"
)

// layout is a packet: its data, and parts of fixed lengths before and after it.
type layout struct {
	packet     wire.Template
	head, tail wire.Template
	headLen    int
	tailLen    int
	places     int // how many of the parts have something in them that differs, besides the length, the data and checksums
	at, size   int // the length's place in the head
	little     bool
	extra      int // how many bytes the length counts besides the data
}

func newLayout(t wire.Template, id []byte, counts Counts) layout {
	l := layout{packet: t.With(id)}
	i := slices.IndexFunc(l.packet, func(p wire.Part) bool { return p.Name == wire.PlaceData })
	l.head, l.tail = l.packet[:i], l.packet[i+1:]
	for _, part := range l.head {
		if part.Name == wire.PlaceLength {
			l.at, l.size, l.little = l.headLen, part.Length, part.Format == "le"
		}
		l.headLen += len(part.Literal) + part.Length
	}
	l.tailLen = l.tail.Least()
	l.places = len(l.zeros())
	switch counts {
	case CountsPacket:
		l.extra = l.headLen + l.tailLen
	case CountsRest:
		l.extra = l.headLen - l.at - l.size + l.tailLen
	}
	return l
}

// zeros returns a field of zeros for each place that is kept or repeated.
func (l *layout) zeros() (fields []wire.Field) {
	for _, part := range l.packet {
		if part.Repeatable() {
			fields = append(fields, wire.Field{Name: part.Name, Bytes: make([]byte, part.Length)})
		}
	}
	return fields
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
func fit(parts wire.Template, p []byte) bool {
	for _, part := range parts {
		n := min(len(p), len(part.Literal)+part.Length)
		if part.Name == "" && !bytes.Equal(p[:n], part.Literal[:n]) {
			return false
		}
		p = p[n:]
	}
	return true
}

// Validate reports what is wrong with the rules, beside heartbeats with IDStandIn as the identity. registration is what tells the
// identity, empty if there is none.
func (f *Framing) Validate(beats []Beat, registration wire.Template, fault wire.FaultFunc) {
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
	f.In.CheckPacket("packet_in", fault)
	sound := packetSound(registration, "packet_in", f.In, fault)
	if sound {
		f.validateBeats(beats, fault)
	}
	if len(f.Out) == 0 {
		return
	}
	came := []wire.Template{registration, f.In}
	f.Out.CheckSendable("packet_out", fault, came, wire.PlaceID, wire.PlaceCounter, wire.PlaceLength, wire.PlaceData)
	if !packetSound(registration, "packet_out", f.Out, fault) {
		return
	}
	out := newLayout(f.Out, []byte(wire.IDStandIn), f.Counts)
	if out.most() < 1 {
		fault("packet_out", "its length has no room for data: write {length:2}")
	}
}

// packetSound reports what is wrong with the packets of one direction.
func packetSound(registration wire.Template, key string, t wire.Template, fault wire.FaultFunc) bool {
	data := slices.IndexFunc(t, func(part wire.Part) bool { return part.Name == wire.PlaceData })
	length := slices.IndexFunc(t, func(part wire.Part) bool { return part.Name == wire.PlaceLength })
	switch {
	case t.Count(wire.PlaceData) != 1 || t.Count(wire.PlaceLength) != 1:
		fault(key, "write {length:2} once and {data} once, like %q", "hex:7B 09 {length:2} {data}")
	case length > data:
		fault(key, "{length:%d} stands behind {data}: write it before, or the end could not be told", t[length].Length)
	case t.Has(wire.PlaceID) && len(registration) == 0:
		fault(key, "it has {id}, but there is no registration that tells it: write {*:11} or its bytes")
	default:
		return true
	}
	return false
}

// validateBeats refuses heartbeats that begin like packets.
func (f *Framing) validateBeats(beats []Beat, fault wire.FaultFunc) {
	in := newLayout(f.In, []byte(wire.IDStandIn), f.Counts)
	for i, b := range beats {
		if b.bytes.MayBegin(in.head) || in.head.MayBegin(b.bytes) {
			fault("heartbeats", "heartbeat %d begins like packet_in: leave it out, they could not be told from one another", i+1)
		}
	}
	validateTold(beats, func(wire.Template) bool { return true }, fault)
}
