package simulated

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

var fourFaithSide = sideKind{
	name: "four-faith", every: time.Minute,
	check: func(id string) error {
		if _, err := hex.DecodeString(id); !onlyDigits(id, 11, 11) && (err != nil || len(id) != 8) {
			return errors.New("it is a phone number of 11 digits, or 8 hex digits")
		}
		return nil
	},
	make: func(id string) Side {
		m := &fourFaithModem{phone: "13066668888", id: []byte{0x78, 0x56, 0x34, 0x12}}
		if len(id) == 8 {
			m.id, _ = hex.DecodeString(id) // CheckID's check has passed
		} else {
			m.phone = id
		}
		return m
	},
}

// fourFaithModem is a Four-Faith modem under PROT.
type fourFaithModem struct {
	phone  string
	id     []byte
	behind bool // an FD has come, and the next byte belongs to it
}

func (m *fourFaithModem) Connect(time.Time) []byte {
	hello := append([]byte{}, m.id...)
	hello = append(hello, m.phone...)
	return append(hello, 0, 192, 168, 1, 66, 0)
}

func (m *fourFaithModem) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	for _, b := range p {
		switch {
		case m.behind && b == 0xED:
			data = append(data, 0xFD)
		case m.behind && b == 0xEE:
			data = append(data, 0xFE)
		case m.behind || b == 0xFE:
			return data, nil, fmt.Errorf("Four-Faith modem: %02x is not escaped right", b)
		case b == 0xFD:
			m.behind = true
			continue
		default:
			data = append(data, b)
		}
		m.behind = false
	}
	return data, nil, nil
}

func (*fourFaithModem) Put(p []byte) []byte {
	var wire []byte
	for _, b := range p {
		if b == 0xFD || b == 0xFE {
			wire = append(wire, 0xFD, b-0x10)
			continue
		}
		wire = append(wire, b)
	}
	return wire
}

func (*fourFaithModem) Beat() []byte { return []byte{0xFE} }

// Online is true at once: nothing is answered.
func (*fourFaithModem) Online() bool { return true }
