package side

import (
	"bytes"
	"errors"
	"fmt"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// lengths is a modem whose packets contain their length.
type lengths struct {
	*speech
	in, out wire.Template // from it and to it; without out, what comes is taken unchanged
	counts  codec.Counts
	most    int // bytes of data in a packet from the server
	came    int // packets from the server
}

func newLengths(r *Rules, s *speech) *lengths {
	l := &lengths{speech: s, in: r.Framing.In, counts: r.Framing.Counts, most: 1024}
	if r.PacketMax > 0 {
		l.most = r.PacketMax
	}
	for _, part := range l.in { // until a packet has been sent, the server repeats zeros
		if part.Name != "" && part.Length > 0 && s.latest(part.Name) == nil {
			s.remember(part.Name, make([]byte, part.Length))
		}
	}
	for _, part := range r.Framing.Out {
		if value := s.latest(part.Name); part.Name != "" && part.Length == 0 && value != nil {
			part.Length = len(value)
		}
		l.out = append(l.out, part)
	}
	return l
}

// besides returns how much the length of a packet counts in addition to its data.
func (l *lengths) besides(t wire.Template) (n int) {
	counting := l.counts == codec.CountsPacket
	for _, part := range t {
		if counting {
			n += len(part.Literal) + part.Length
			if part.Name == "id" {
				n += len(l.id) - part.Length
			}
		}
		counting = counting || part.Name == "length" && l.counts == codec.CountsRest
	}
	return n
}

// recognises is always true: what comes between packets is never data.
func (l *lengths) recognises(wire.Template) bool { return true }

func (l *lengths) pack(p []byte) (wire []byte) {
	for len(p) > 0 {
		n := min(len(p), sidePacket)
		for _, part := range l.in {
			if part.Name == "length" && part.Length == 1 {
				n = max(1, min(n, 255-l.besides(l.in)))
			}
		}
		wire = append(wire, l.one(p[:n])...)
		p = p[n:]
	}
	return wire
}

// one returns one packet, which may have no data.
func (l *lengths) one(data []byte) []byte {
	return l.speech.packet(l.in, data, len(data)+l.besides(l.in))
}

func (l *lengths) unpack(p []byte, owed *owed) (n int, data []byte, err error) {
	if len(l.out) == 0 {
		data, held := owed.without(p)
		return len(p) - held, data, nil
	}
	for n < len(p) {
		size, more := owed.front(p[n:])
		if more {
			break
		}
		var one []byte
		if size == 0 {
			size, one, err = l.packet(p[n:])
		}
		if err != nil || size == 0 {
			return n, data, err
		}
		n += size
		data = append(data, one...)
	}
	return n, data, nil
}

// packet takes one packet off the front of p. It returns 0 while the packet is incomplete.
func (l *lengths) packet(p []byte) (n int, data []byte, err error) {
	want, from := 0, 0 // bytes of data, and where a checksum begins to count
	for _, part := range l.out {
		size := max(part.Length, len(part.Literal))
		switch part.Name {
		case "id":
			size = len(l.id)
		case "data":
			size = want
		case "from":
			from = n
		}
		rest := p[n:]
		if err := l.misfit(part, rest[:min(size, len(rest))], p[from:n]); err != nil {
			return 0, nil, err
		}
		if len(rest) < size {
			return 0, nil, nil
		}
		switch part.Name {
		case "length":
			if want, err = l.announced(rest[:size], part); err != nil {
				return 0, nil, err
			}
		case "data":
			data = rest[:size]
		}
		n += size
	}
	l.came++
	return n, data, nil
}

// misfit returns an error if is cannot be the part, or as much of it as has come. before is what a checksum counts.
func (l *lengths) misfit(part wire.Part, is, before []byte) error {
	var want []byte
	kind, isSum := sums[part.Name]
	switch {
	case part.Name == "":
		want = part.Literal
	case part.Name == "id":
		want = l.id
	case part.Name == "counter":
		want = number(l.came, part)
	case isSum:
		want = kind.of(before, part)
	case part.Name == "length" || part.Name == "data" || part.Name == "from" || len(is) < part.Length:
		return nil
	case l.repeats(part, is):
		return nil
	default:
		want = repeated(part, l.latest(part.Name))
	}
	if !bytes.HasPrefix(want, is) {
		return fmt.Errorf("a packet with % X where % X belongs", is, want)
	}
	return nil
}

// announced returns how many bytes of data a length announces.
func (l *lengths) announced(p []byte, place wire.Part) (int, error) {
	n := 0
	for i := range p {
		at := i
		if place.Format == "le" {
			at = len(p) - 1 - i
		}
		n = n<<8 | int(p[at])
	}
	switch n -= l.besides(l.out); {
	case n < 0:
		return 0, errors.New("a packet that is shorter than its head")
	case n > l.most:
		return 0, fmt.Errorf("a packet with %d bytes, more than %d", n, l.most)
	}
	return n, nil
}
