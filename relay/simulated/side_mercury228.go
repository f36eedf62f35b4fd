package simulated

import (
	"errors"
	"fmt"
	"time"
)

// mercury228Side is a gateway Mercury 228 with a meter at its first serial port.
type mercury228Side struct {
	in     []byte // incomplete
	number uint16 // of the server's latest frame; the meter's answer has the same number
	begun  bool
}

// A Mercury 228 does not say who it is: the id is not used.
var mercury228SideKind = sideKind{
	name:  "mercury228",
	check: func(string) error { return nil },
	make:  func(string) Side { return &mercury228Side{} },
}

// Connect sends nothing.
func (s *mercury228Side) Connect(time.Time) []byte { return nil }

// Beat sends nothing.
func (s *mercury228Side) Beat() []byte { return nil }

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
