package simulated

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ddpSide is a modem that speaks DDP, in one of the forms in use.
type ddpSide struct {
	id     string // 11 characters
	form   ddpForm
	in     []byte // incomplete
	within bool   // in data that only the next packet ends
	online bool
}

// ddpForm says where the packets have their data.
type ddpForm int

const (
	ddpTCP    ddpForm = iota // before the closing mark, and counted: the makers' form for TCP
	ddpUDP                   // after the closing mark, not counted: the makers' form for datagrams
	ddpBehind                // after the closing mark, but counted
)

var ddpSideKind = sideKind{
	name: "ddp", every: time.Minute,
	check: func(id string) error {
		if len(id) != 11 || strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }) {
			return errors.New("an id has 11 letters and digits, mostly those of a phone number")
		}
		return nil
	},
	make: func(id string) Side { return &ddpSide{id: id} },
}

func (s *ddpSide) packet(kind byte, inside, behind []byte, length int) []byte {
	p := append([]byte{0x7B, kind, byte(length >> 8), byte(length)}, s.id...)
	return append(append(append(p, inside...), 0x7B), behind...)
}

// Connect registers, as 10.0.0.17 with port 5001.
func (s *ddpSide) Connect(time.Time) []byte {
	return s.packet(0x01, []byte{10, 0, 0, 17, 0x13, 0x89}, nil, 22)
}

// Beat registers again.
func (s *ddpSide) Beat() []byte { return s.Connect(time.Time{}) }

func (s *ddpSide) Online() bool { return s.online }

func (s *ddpSide) Put(p []byte) (wire []byte) {
	for len(p) > 0 {
		data := p[:min(len(p), 1024)]
		p = p[len(data):]
		switch s.form {
		case ddpTCP:
			wire = append(wire, s.packet(0x09, data, nil, 16+len(data))...)
		case ddpUDP:
			wire = append(wire, s.packet(0x09, nil, data, 16)...)
		case ddpBehind:
			wire = append(wire, s.packet(0x09, nil, data, 16+len(data))...)
		}
	}
	return wire
}

func (s *ddpSide) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	s.in = append(s.in, p...)
	for {
		n, one, err := s.step()
		if data = append(data, one...); n == 0 || err != nil {
			return data, nil, err
		}
		s.in = s.in[n:]
	}
}

// step takes the front off what has come: a packet, or data without an end of its own. It returns 0 if more is needed.
func (s *ddpSide) step() (n int, data []byte, err error) {
	if s.within {
		n = s.upToNext(s.in)
		if n > 0 || len(s.in) < 16 {
			return n, s.in[:n], nil
		}
	}
	if n, err = s.length(); n == 0 {
		return 0, nil, err
	}
	data, err = s.open(s.in[:n])
	return n, data, err
}

// length returns the length of the packet that has come, 0 while it is incomplete.
func (s *ddpSide) length() (int, error) {
	if len(s.in) < 16 {
		return 0, nil
	}
	length := int(s.in[2])<<8 | int(s.in[3])
	switch {
	case s.in[0] != 0x7B || string(s.in[4:15]) != s.id:
		return 0, fmt.Errorf("not a packet for %s: % X", s.id, s.in[:16])
	case length < 16 || length > 1040 || s.form == ddpUDP && length != 16:
		return 0, fmt.Errorf("a packet of %d bytes", length)
	case len(s.in) < length:
		return 0, nil
	}
	return length, nil
}

// upToNext returns how many bytes come before the next packet, or before what may be the beginning of one.
func (s *ddpSide) upToNext(p []byte) int {
	for i := range p {
		for _, kind := range []byte{0x81, 0x82, 0x89} {
			next := s.packet(kind, nil, nil, 16)
			if rest := p[i:]; bytes.HasPrefix(next, rest[:min(len(rest), len(next))]) {
				return i
			}
		}
	}
	return len(p)
}

// open returns the data of a packet.
func (s *ddpSide) open(p []byte) ([]byte, error) {
	closing, data := len(p)-1, p[15:len(p)-1]
	if s.form != ddpTCP {
		closing, data = 15, p[16:]
	}
	if p[closing] != 0x7B {
		return nil, fmt.Errorf("a packet that is not closed: % X", p)
	}
	s.within = false
	switch {
	case p[1] == 0x81 && len(p) == 16:
		s.online = true
		return nil, nil
	case p[1] == 0x82 && len(p) == 16:
		s.online = false
		return nil, nil
	case p[1] == 0x89:
		s.within = s.form == ddpUDP
		return data, nil
	}
	return nil, fmt.Errorf("a packet of type %02X and %d bytes", p[1], len(p))
}
