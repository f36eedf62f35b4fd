package side

import (
	"math/bits"

	"meterline/relay/wire"
)

// sum is a kind of checksum, by the parameters that catalogues of such sums give.
type sum struct {
	bytes     int
	width     int    // of the polynomial; 0: see add
	poly      uint16 // its highest bit first
	start     uint16
	reflected bool // the lowest bit of each byte goes first
	inverted  bool // before it is sent
	add       func(sum, b byte) byte
}

// sums are the kinds, by the names of their places.
var sums = map[string]sum{
	"sum8":         {bytes: 1, add: func(sum, b byte) byte { return sum + b }},
	"xor8":         {bytes: 1, add: func(sum, b byte) byte { return sum ^ b }},
	"crc16":        {bytes: 2, width: 16, poly: 0x8005, start: 0xFFFF, reflected: true},
	"crc16-x25":    {bytes: 2, width: 16, poly: 0x1021, start: 0xFFFF, reflected: true, inverted: true},
	"crc16-ccitt":  {bytes: 2, width: 16, poly: 0x1021, start: 0xFFFF},
	"crc16-xmodem": {bytes: 2, width: 16, poly: 0x1021},
}

// of returns the checksum of p as it is sent in a place.
func (s sum) of(p []byte, place wire.Part) []byte {
	if s.width == 0 {
		var total byte
		for _, b := range p {
			total = s.add(total, b)
		}
		return []byte{total}
	}
	register := s.start
	for _, b := range p {
		if s.reflected {
			b = bits.Reverse8(b)
		}
		for i := range 8 {
			top := register>>15 != uint16(b>>(7-i)&1)
			if register <<= 1; top {
				register ^= s.poly
			}
		}
	}
	if s.reflected {
		register = bits.Reverse16(register)
	}
	if s.inverted {
		register = ^register
	}
	return number(int(register), place)
}
