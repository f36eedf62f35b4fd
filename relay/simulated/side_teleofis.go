package simulated

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

var teleofisSide = sideKind{
	name: "teleofis",
	check: func(id string) error {
		if !onlyDigits(id, 15, 15) {
			return errors.New("an IMEI has 15 digits here")
		}
		return nil
	},
	make: func(id string) Side { return &teleofisModem{id: id} },
}

// teleofisModem is a TELEOFIS WRX. What it says of itself is invented.
type teleofisModem struct {
	id     string
	asked  bool
	online bool
	came   []byte // from the server, before it is on line
}

// Connect sends nothing: the server speaks first.
func (*teleofisModem) Connect(time.Time) []byte { return nil }

func (m *teleofisModem) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	if m.online {
		return p, nil, nil
	}
	m.came = append(m.came, p...)
	for !m.online {
		inside, size, err := teleofisCut(m.came)
		if err != nil || size == 0 {
			return nil, reply, err
		}
		m.came = m.came[size:]
		switch {
		case !m.asked && bytes.Equal(inside, append([]byte{0, 6, 0, 20}, make([]byte, 20)...)):
			m.asked = true
			reply = m.answer()
		case m.asked && bytes.Equal(inside, append([]byte{1, 6, 1, 0, 20}, make([]byte, 20)...)):
			m.online = true
		default:
			return nil, reply, fmt.Errorf("TELEOFIS modem: unexpected frame % x", inside)
		}
	}
	data, m.came = m.came, nil
	return data, reply, nil
}

// answer says who the modem is, in protocol 1.
func (m *teleofisModem) answer() []byte {
	data := make([]byte, 63)
	copy(data[1:], m.id)
	copy(data[16:], "SIMULATED 1.0")
	copy(data[33:], "WRX-SIM")
	copy(data[43:], []byte{0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 'k', 'e', 'y'}) // everything that must be escaped, and what that becomes
	data[62] = 1
	return teleofisWrap(append([]byte{1, 7, 2, 0, 63}, data...))
}

// teleofisSum is CRC-16/CCITT-FALSE, computed four bits at a time, unlike in package profile.
func teleofisSum(p []byte) uint16 {
	sum := uint16(0xFFFF)
	for _, b := range p {
		for _, nibble := range []uint16{uint16(b >> 4), uint16(b & 15)} {
			i := sum>>12 ^ nibble
			sum = sum<<4 ^ i ^ i<<5 ^ i<<12
		}
	}
	return sum
}

func teleofisWrap(inside []byte) []byte {
	sum := teleofisSum(inside)
	inside = append(inside, byte(sum), byte(sum>>8))
	inside = bytes.ReplaceAll(inside, []byte{0xC4}, []byte{0xC4, 0xC4})
	inside = bytes.ReplaceAll(inside, []byte{0xC0}, []byte{0xC4, 0xC1})
	inside = bytes.ReplaceAll(inside, []byte{0xC2}, []byte{0xC4, 0xC3})
	return append(append([]byte{0xC0}, inside...), 0xC2)
}

// teleofisCut takes one frame off the front of p, and returns it without its check sum. size is 0 while the frame is
// incomplete.
func teleofisCut(p []byte) (inside []byte, size int, err error) {
	if len(p) > 0 && p[0] != 0xC0 {
		return nil, 0, fmt.Errorf("TELEOFIS modem: no frame begins with %02x", p[0])
	}
	end := bytes.IndexByte(p, 0xC2)
	if end < 0 {
		return nil, 0, nil
	}
	for i := 1; i < end; i++ {
		b := p[i]
		if b == 0xC4 {
			i++
			if b = p[i]; b != 0xC4 {
				b--
			}
		}
		inside = append(inside, b)
	}
	n := len(inside) - 2
	if n < 0 || teleofisSum(inside[:n]) != uint16(inside[n])|uint16(inside[n+1])<<8 {
		return nil, 0, fmt.Errorf("TELEOFIS modem: wrong check sum in % x", p[:end+1])
	}
	return inside[:n], end + 1, nil
}

func (*teleofisModem) Put(p []byte) []byte { return p }
func (*teleofisModem) Beat() []byte        { return nil }
func (m *teleofisModem) Online() bool      { return m.online }
