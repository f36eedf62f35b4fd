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
	in, out wire.Template // from it and to it, with the identity filled in; without out, what comes is taken unchanged
	counts  codec.Counts
	most    int // bytes of data in a packet from the server
}

func newLengths(r *Rules, id []byte) *lengths {
	l := &lengths{in: settled(r.Framing.In, id), out: settled(r.Framing.Out, id), counts: r.Framing.Counts, most: 1024}
	if r.PacketMax > 0 {
		l.most = r.PacketMax
	}
	return l
}

// settled returns a packet with bytes in all places except the length's and the data's.
func settled(t wire.Template, id []byte) wire.Template {
	out := make(wire.Template, 0, len(t))
	for _, part := range t {
		if part.Name != "length" && part.Name != "data" {
			part = wire.Part{Literal: fill(wire.Template{part}, id)}
		}
		out = append(out, part)
	}
	return out
}

// besides returns how much the length of a packet counts in addition to its data.
func (l *lengths) besides(t wire.Template) (n int) {
	counting := l.counts == codec.CountsPacket
	for _, part := range t {
		if counting {
			n += len(part.Literal) + part.Length
		}
		counting = counting || part.Name == "length" && l.counts == codec.CountsRest
	}
	return n
}

// recognises is always true: what comes between packets is never data.
func (l *lengths) recognises([]byte) bool { return true }

func (l *lengths) pack(p []byte) (wire []byte) {
	for len(p) > 0 {
		n := min(len(p), sidePacket)
		for _, part := range l.in {
			if part.Name == "length" && part.Length == 1 {
				n = max(1, min(n, 255-l.besides(l.in)))
			}
		}
		for _, part := range l.in {
			switch part.Name {
			case "length":
				wire = append(wire, number(n+l.besides(l.in), part)...)
			case "data":
				wire = append(wire, p[:n]...)
			default:
				wire = append(wire, part.Literal...)
			}
		}
		p = p[n:]
	}
	return wire
}

// number writes a length into its place.
func number(n int, place wire.Part) []byte {
	p := make([]byte, place.Length)
	for i := range p {
		at := len(p) - 1 - i
		if place.Format == "le" {
			at = i
		}
		p[at] = byte(n >> (8 * i))
	}
	return p
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
	want := 0 // bytes of data
	for _, part := range l.out {
		rest := p[n:]
		switch part.Name {
		case "length":
			if len(rest) < part.Length {
				return 0, nil, nil
			}
			if want, err = l.announced(rest[:part.Length], part); err != nil {
				return 0, nil, err
			}
			n += part.Length
		case "data":
			if len(rest) < want {
				return 0, nil, nil
			}
			data = rest[:want]
			n += want
		default:
			got := min(len(rest), len(part.Literal))
			if !bytes.Equal(rest[:got], part.Literal[:got]) {
				return 0, nil, fmt.Errorf("a packet with % X where % X belongs", rest[:got], part.Literal)
			}
			if n += got; got < len(part.Literal) {
				return 0, nil, nil
			}
		}
	}
	return n, data, nil
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
