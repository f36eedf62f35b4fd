package side

import (
	"bytes"
	"fmt"

	"meterline/relay/wire"
)

// sidePacket is the most of what a meter says that a simulated modem puts into one packet.
const sidePacket = 300

// escapes is a modem that sends some bytes in another form, perhaps in frames.
type escapes struct {
	as         map[byte][]byte
	start, end []byte // of a frame, one byte or none
	most       int    // in a packet from the server

	inside bool // in a frame; without a start, nothing is outside of frames
	got    int  // bytes in the frame so far
}

func newEscapes(r *Rules) *escapes {
	e := &escapes{as: make(map[byte][]byte), start: r.Escape.Start, end: r.Escape.End, most: 1024}
	if r.PacketMax > 0 {
		e.most = r.PacketMax
	}
	for _, s := range r.Escape.Bytes {
		e.as[s.Byte] = s.As
	}
	e.inside = len(e.start) == 0
	return e
}

func (e *escapes) framed() bool { return len(e.start)+len(e.end) > 0 }

func (e *escapes) pack(p []byte) (wire []byte) {
	for len(p) > 0 {
		packet := p[:min(len(p), sidePacket)]
		p = p[len(packet):]
		wire = append(wire, e.start...)
		for i := range packet {
			if as, changed := e.as[packet[i]]; changed {
				wire = append(wire, as...)
			} else {
				wire = append(wire, packet[i])
			}
		}
		wire = append(wire, e.end...)
	}
	return wire
}

// recognises reports true between frames with two different edges, as nothing there is data. Otherwise the heartbeat must begin with
// a byte that data never has, and with which no escaped byte begins.
func (e *escapes) recognises(beat wire.Template) bool {
	if len(e.start) == 1 && len(e.end) == 1 && e.start[0] != e.end[0] {
		return true
	}
	if len(beat[0].Literal) == 0 {
		return false
	}
	first := beat[0].Literal[:1]
	for _, as := range e.as {
		if as[0] == first[0] {
			return false
		}
	}
	return e.as[first[0]] != nil && !bytes.Equal(first, e.start) && !bytes.Equal(first, e.end)
}

func (e *escapes) unpack(p []byte, owed *owed) (n int, data []byte, err error) {
	if !e.framed() {
		stream, held := owed.without(p)
		used, data, err := e.frames(stream, nil)
		if held > 0 {
			return len(p) - held, data, err
		}
		return len(p) - (len(stream) - used), data, err
	}
	return e.frames(p, owed)
}

// frames takes apart what has come, with answers between frames.
func (e *escapes) frames(p []byte, owed *owed) (n int, data []byte, err error) {
	for n < len(p) {
		if between := !e.inside || len(e.start) == 0 && e.got == 0; between && owed != nil {
			size, more := owed.front(p[n:])
			if more {
				break
			}
			if n += size; size > 0 {
				continue
			}
		}
		size, one, err := e.step(p[n:])
		if err != nil || size == 0 {
			return n, data, err
		}
		n += size
		data = append(data, one...)
	}
	return n, data, nil
}

// step takes an edge or a byte of a meter off the front of p. It returns 0 if more is needed.
func (e *escapes) step(p []byte) (n int, data []byte, err error) {
	c := p[:1]
	switch {
	case bytes.Equal(c, e.end) && e.inside && e.got > 0: // checked before the start: the two may be equal
		e.inside, e.got = len(e.start) == 0, 0
		return 1, nil, nil
	case bytes.Equal(c, e.start) && (!e.inside || e.got == 0 || len(e.end) == 0):
		e.inside, e.got = true, 0
		return 1, nil, nil
	case !e.inside || bytes.Equal(c, e.start) || bytes.Equal(c, e.end):
		return 0, nil, fmt.Errorf("%02X has no place where it stands", c)
	}
	if e.got++; e.framed() && e.got > e.most {
		return 0, nil, fmt.Errorf("a packet with more than %d bytes", e.most)
	}
	for b, as := range e.as {
		switch {
		case bytes.HasPrefix(p, as):
			return len(as), []byte{b}, nil
		case bytes.HasPrefix(as, p):
			e.got--
			return 0, nil, nil
		}
	}
	if e.as[c[0]] != nil {
		return 0, nil, fmt.Errorf("%02X is not escaped right", c)
	}
	return 1, c, nil
}
