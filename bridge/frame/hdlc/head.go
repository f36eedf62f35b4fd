// Package hdlc takes frames of HDLC apart, as DLMS/COSEM uses it (IEC 62056-46), and tells the services that they carry.
package hdlc

import "meterline/relay/crc16"

const (
	// Flag begins and ends a frame, and may occur in it.
	Flag = 0x7E
	// Least is the length of the shortest frame without flags: format 2, addresses 1 and 1, control 1, check sum 2.
	Least = 7

	format = 0xA0 // frame format type 3, in the upper four bits (6.4.1)
)

// IsFormat reports whether b may begin a frame format field.
func IsFormat(b byte) bool { return b&0xF0 == format }

// Good reports whether p, without flags, ends with its own check sum.
func Good(p []byte) bool { return crc16.HDLC.Sum(p) == crc16.GoodHDLC }

// Fields is where the parts of a frame stand, counted from its format field.
type Fields struct {
	Whole   int // the length of the frame without flags; 0: more bytes are needed
	Source  int // the source address
	Control int // the control field
	Info    int // the data, behind the head's check sum; 0: there are none
}

// Head reads the head at the front of p, which begins with a format field. If fault is above 0, the first fault bytes cannot be a head.
func Head(p []byte) (f Fields, fault int) {
	if len(p) < 2 {
		return f, 0
	}
	whole := int(p[0]&7)<<8 | int(p[1])
	if whole < Least {
		return f, 2
	}
	at := 2
	for i := range 2 {
		if i == 1 {
			f.Source = at
		}
		n, fault := addressLen(p[at:])
		if fault > 0 {
			return f, at + fault
		}
		if n == 0 {
			return f, 0
		}
		at += n
	}
	f.Control = at
	sum := at + 3
	switch {
	case whole == sum:
	case whole <= sum+2:
		return f, at
	case len(p) < sum:
		return f, 0
	case !Good(p[:sum]):
		return f, sum
	default:
		f.Info = sum
	}
	f.Whole = whole
	return f, 0
}

// addressLen returns the length of the address at the front of p, 0 if more bytes are needed. Its last byte has the lowest bit set, and
// there are one, two or four (6.4.2).
func addressLen(p []byte) (n, fault int) {
	for i, b := range p[:min(len(p), 4)] {
		if b&1 != 0 {
			if i == 2 {
				return 0, 3
			}
			return i + 1, 0
		}
	}
	if len(p) >= 4 {
		return 0, 4
	}
	return 0, 0
}
