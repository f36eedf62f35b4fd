// Package crc16 is the check sums of 16 bits that meters' messages end with, as the modem's and the simulated side of a line both
// need them. It knows nothing of messages: where one begins and ends is its users' business.
//
// The sums of a Table begin with all ones, and go over the line low byte first.
package crc16

// Start is what a sum begins with.
const Start = 0xFFFF

// GoodHDLC is HDLC's sum of a frame without its flags and with its own check sum, if that is right.
const GoodHDLC = 0xF0B8

// Table is a kind of check sum, ready for use a byte at a time.
type Table struct {
	steps [256]uint16
	last  uint16 // bits that are inverted before the sum is sent
}

// The kinds.
var (
	// Modbus is that of Modbus RTU and of Mercury meters: 0x8005 ("MODBUS over Serial Line Specification and Implementation
	// Guide V1.02", 6.2.2). The sum of a message with its own check sum is 0.
	Modbus = reflected(0xA001, 0)
	// HDLC is X-25's: 0x1021 (IEC 62056-46, annex A). A frame carries the inverted sum.
	HDLC = reflected(0x8408, 0xFFFF)
)

// reflected makes the table of a polynomial that is written with its lowest bit first.
func reflected(polynomial, last uint16) *Table {
	t := Table{last: last}
	for i := range t.steps {
		crc := uint16(i)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ polynomial
			} else {
				crc >>= 1
			}
		}
		t.steps[i] = crc
	}
	return &t
}

// Step returns the sum of the bytes whose sum is crc, followed by b.
func (t *Table) Step(crc uint16, b byte) uint16 { return crc>>8 ^ t.steps[byte(crc)^b] }

// Sum returns the sum of p.
func (t *Table) Sum(p []byte) uint16 {
	crc := uint16(Start)
	for _, b := range p {
		crc = t.Step(crc, b)
	}
	return crc
}

// Append returns p with its check sum behind it, in the order in which the bytes are sent.
func (t *Table) Append(p []byte) []byte {
	crc := t.Sum(p) ^ t.last
	return append(p, byte(crc), byte(crc>>8))
}

// CCITT returns the sum of p with the polynomial 0x1021, written with its highest bit first. It begins with start: 0xFFFF is
// CRC-16/CCITT-FALSE, 0 is CRC-16/XMODEM. It works a bit at a time: few modems use it.
func CCITT(start uint16, p []byte) uint16 {
	crc := start
	for _, b := range p {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
