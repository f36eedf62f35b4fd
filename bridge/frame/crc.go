package frame

// Both check sums are CRC-16 sent low byte first, with all ones at the start: Modbus (and Mercury) has the polynomial
// 0x8005 ("MODBUS over Serial Line Specification and Implementation Guide V1.02", 6.2.2), HDLC 0x1021 with the result
// inverted (X-25; IEC 62056-46, annex A).
var (
	modbusTable = crcTable(0xA001)
	hdlcTable   = crcTable(0x8408)
)

const (
	crcStart    = 0xFFFF
	hdlcResidue = 0xF0B8 // the check over a frame and its check sum
)

func crcTable(reflected uint16) (t [256]uint16) {
	for i := range t {
		crc := uint16(i)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ reflected
			} else {
				crc >>= 1
			}
		}
		t[i] = crc
	}
	return t
}

func crcStep(t *[256]uint16, crc uint16, b byte) uint16 { return crc>>8 ^ t[byte(crc)^b] }

func crc16(t *[256]uint16, p []byte) uint16 {
	crc := uint16(crcStart)
	for _, b := range p {
		crc = crcStep(t, crc, b)
	}
	return crc
}

// goodModbus reports whether p ends with its own check sum.
func goodModbus(p []byte) bool { return crc16(&modbusTable, p) == 0 }

// goodHDLC reports whether p, without flags, ends with its own check sum.
func goodHDLC(p []byte) bool { return crc16(&hdlcTable, p) == hdlcResidue }

// modbusEnd returns the shortest length, at least least, at which the front of p ends with its own check sum; 0 if there is none.
//
// A check sum whose last byte is zero is right without that byte as well. So a zero behind that place belongs to the message if nothing
// follows it, or a message does.
func modbusEnd(p []byte, least int) int {
	n := modbusSum(p, least)
	switch rest := p[n:]; {
	case n == 0, n == modbusMost, len(rest) == 0, rest[0] != 0:
	case len(rest) == 1, modbusSum(rest, least) == 0 && modbusSum(rest[1:], least) > 0:
		n++
	}
	return n
}

// modbusSum returns where the check sum is right for the first time.
func modbusSum(p []byte, least int) int {
	crc := uint16(crcStart)
	for i, b := range p[:min(len(p), modbusMost)] {
		crc = crcStep(&modbusTable, crc, b)
		if crc == 0 && i+1 >= least {
			return i + 1
		}
	}
	return 0
}

// noMessage returns the extent of bytes that turned out to be no message: up to the next byte in p at which one could begin. It must take
// all of p to see that, so that the extent stays the same when more bytes come.
func noMessage(p []byte, begins func(byte) bool) extent {
	n := 1
	for n < len(p) && !begins(p[n]) {
		n++
	}
	return extent{n: n, foreign: true}
}
