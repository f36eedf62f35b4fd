package profile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile/side"
	"meterline/relay/wire"
)

// Mercury228 is Incotex's GSM gateway Mercury 228. It does not say who it is.
const Mercury228 Kind = "mercury228"

// mercury228Modems is the family of kind Mercury228.
type mercury228Modems struct{ bare }

var mercury228Family = mercury228Modems{bare{Description{
	Kind:  Mercury228,
	About: "numbered frames of the gateway Mercury 228, which is known by its address (a gateway client's source)",
	Data:  `CRC-24, number, length, port 1, data, sum, both ways`,
	Facts: `signal`,
	simulated: []simulation{{
		make: func(*Profile, side.Identity) (side.Side, error) { return &mercury228Side{}, nil },
	}},
}}}

func (f mercury228Modems) Check(p *Profile, fault wire.FaultFunc) {
	f.bare.Check(p, fault)
	p.refuseHeartbeats(fault)
}

func (mercury228Modems) Codec(*Profile, *Verdict, codec.FrameEnd) codec.Codec { return &mercury228{} }

// A frame of a Mercury 228 has a header: a CRC-24 of the following five bytes, the frame's number, the payload's length (each
// low byte first) and the port. After the payload comes the low byte of the sum of its bytes, less one. The gateway takes
// frames of at most 274 bytes.
const (
	mercuryHead = 8
	mercuryMost = 274 - mercuryHead - 1 // the most payload that we send
	mercuryLong = 1024                  // the most payload that is believed
)

// Ports of a Mercury 228.
const (
	mercuryItself = 0
	mercurySerial = 1 // the meters' port; some gateways have a second one, which is not used
)

// mercuryHold is how long an incomplete frame waits for more before its header is taken for noise.
const mercuryHold = 5 * time.Second

// mercury228 takes frames apart and makes them. After a broken frame it finds the next header by its CRC.
type mercury228 struct {
	number  uint16 // of the latest frame sent; used by Encode only
	held    []byte
	data    []byte // reused buffer for the result
	framing int    // bytes of frames that are not data
	waiting bool   // for the rest of a frame
	seen    int    // how much of it there was when the wait began
}

func (c *mercury228) Encode(dst, p []byte) (wire []byte, n int) {
	c.number++
	n = min(len(p), mercuryMost)
	return appendMercury228(dst, c.number, mercurySerial, p[:n]), n
}

// appendMercury228 appends a frame.
func appendMercury228(dst []byte, number uint16, port byte, payload []byte) []byte {
	head := binary.LittleEndian.AppendUint16(make([]byte, 0, mercuryHead), number)
	head = binary.LittleEndian.AppendUint16(head, uint16(len(payload)))
	head = append(head, port)
	crc := crc24(head)
	dst = append(dst, byte(crc), byte(crc>>8), byte(crc>>16))
	return append(append(append(dst, head...), payload...), mercurySum(payload))
}

func (c *mercury228) Decode(p []byte, _ time.Duration) codec.Decoded {
	c.held = append(c.held, p...)
	return c.decode(false)
}

func (c *mercury228) Holding() time.Duration {
	if c.waiting {
		return mercuryHold
	}
	return 0
}

func (c *mercury228) Pending() int { return len(c.held) }

// Release gives up a header whose frame has not been completed, and looks for frames after it.
func (c *mercury228) Release() codec.Decoded {
	if c.waiting && len(c.held) > c.seen {
		c.seen = len(c.held)
		return codec.Decoded{}
	}
	return c.decode(c.waiting)
}

// decode takes apart what is held. broken says that the frame at its front is not one.
func (c *mercury228) decode(broken bool) codec.Decoded {
	var d codec.Decoded
	waited := c.waiting && !broken
	c.data, c.waiting = c.data[:0], false
	rest := c.held
	for len(rest) >= mercuryHead && !c.waiting {
		n := mercuryFrame(rest)
		switch {
		case n == 0 || broken:
			broken, n = false, 1
			d.Dropped++
		case n > len(rest):
			c.waiting, n = true, 0
		case rest[n-1] != mercurySum(rest[mercuryHead:n-1]):
			n = 1
			d.Dropped++
		default:
			c.frame(rest[7], rest[mercuryHead:n-1], &d)
		}
		rest = rest[n:]
	}
	if c.waiting && (!waited || len(rest) < len(c.held)) {
		c.seen = len(rest)
	}
	c.held = append(c.held[:0], rest...)
	d.Data = c.data
	return d
}

// mercuryFrame returns the length of the frame whose header p begins with, 0 if p begins with none.
func mercuryFrame(p []byte) int {
	crc := uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16
	length := int(binary.LittleEndian.Uint16(p[5:]))
	if length > mercuryLong || crc24(p[3:mercuryHead]) != crc {
		return 0
	}
	return mercuryHead + length + 1
}

// frame takes the payload of a complete frame.
func (c *mercury228) frame(port byte, payload []byte, d *codec.Decoded) {
	c.framing += mercuryHead + 1
	switch {
	case port == mercurySerial:
		c.data = append(c.data, payload...)
	case port == mercuryItself && len(payload) == 4 && payload[0] == 0x80: // its configuration
		c.framing += len(payload)
		d.Facts = append(d.Facts, wire.Fact{Name: wire.FactSignal, Value: mercurySignal(payload[2])})
	default:
		d.Dropped += len(payload)
	}
}

// mercurySignal returns the signal strength in words, as 3GPP TS 27.007 measures it (+CSQ).
func mercurySignal(csq byte) string {
	if csq > 31 {
		return "unknown"
	}
	return fmt.Sprintf("%d (%d dBm)", csq, 2*int(csq)-113)
}

// mercurySum returns the check byte of a payload.
func mercurySum(payload []byte) byte {
	sum := byte(0xFF)
	for _, b := range payload {
		sum += b
	}
	return sum
}

// crc24 returns the check sum of RFC 4880, 6.1.
func crc24(p []byte) uint32 {
	crc := uint32(0xB704CE)
	for _, b := range p {
		crc ^= uint32(b) << 16
		for range 8 {
			if crc <<= 1; crc&0x1000000 != 0 {
				crc ^= 0x1864CFB
			}
		}
	}
	return crc
}

// mercury228Side is a gateway Mercury 228 with a meter at its first serial port.
type mercury228Side struct {
	in     []byte // incomplete
	number uint16 // of the server's latest frame; the meter's answer has the same number
	begun  bool
}

// Connect sends nothing.
func (s *mercury228Side) Connect(time.Time) []byte { return nil }

// Online is always true: there is nothing to accept.
func (s *mercury228Side) Online() bool { return true }

// Put makes frames of at most 274 bytes.
func (s *mercury228Side) Put(p []byte) (wire []byte) {
	for len(p) > 0 {
		n := min(len(p), 265)
		wire = append(wire, s.frame(1, p[:n])...)
		p = p[n:]
	}
	return wire
}

func (s *mercury228Side) frame(port byte, payload []byte) []byte {
	head := []byte{byte(s.number), byte(s.number >> 8), byte(len(payload)), byte(len(payload) >> 8), port}
	return append(append(append(openPGP24(head), head...), payload...), sumLessOne(payload))
}

func (s *mercury228Side) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	s.in = append(s.in, p...)
	for len(s.in) >= 8 {
		head := s.in[3:8]
		if string(openPGP24(head)) != string(s.in[:3]) {
			return data, reply, fmt.Errorf("a header with a wrong CRC: % X", s.in[:8])
		}
		length := int(head[2]) | int(head[3])<<8
		if length > 265 {
			return data, reply, fmt.Errorf("a frame with %d bytes, more than the gateway takes", length)
		}
		if len(s.in) < 9+length {
			break
		}
		payload := s.in[8 : 8+length]
		if s.in[8+length] != sumLessOne(payload) {
			return data, reply, errors.New("a payload with a wrong sum")
		}
		number := uint16(head[0]) | uint16(head[1])<<8
		if s.begun && number != s.number+1 {
			return data, reply, fmt.Errorf("frame %d behind %d", number, s.number)
		}
		s.begun, s.number = true, number
		switch {
		case head[4] == 1:
			data = append(data, payload...)
		case head[4] == 0 && string(payload) == "\x80":
			reply = append(reply, s.frame(0, []byte{0x80, 0x01, 20, 0x00})...) // its signal is 20
		}
		s.in = s.in[9+length:]
	}
	return data, reply, nil
}

// openPGP24 returns the CRC-24 of RFC 4880 as the gateway sends it, low byte first.
func openPGP24(p []byte) []byte {
	crc := 0xB704CE
	for _, b := range p {
		for bit := 7; bit >= 0; bit-- {
			top := crc>>23&1 ^ int(b)>>bit&1
			crc = crc << 1 & 0xFFFFFF
			if top == 1 {
				crc ^= 0x864CFB
			}
		}
	}
	return []byte{byte(crc), byte(crc >> 8), byte(crc >> 16)}
}

func sumLessOne(p []byte) byte {
	sum := -1
	for _, b := range p {
		sum += int(b)
	}
	return byte(sum)
}
