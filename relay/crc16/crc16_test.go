package crc16

import (
	"bytes"
	"testing"
)

func TestSums(t *testing.T) {
	for name, c := range map[string]struct {
		table *Table
		p     string
		sum   uint16
		wire  string
		good  uint16
	}{
		"CRC-16/MODBUS": {Modbus, "123456789", 0x4B37, "\x37\x4B", 0},
		"CRC-16/X-25":   {HDLC, "123456789", ^uint16(0x906E), "\x6E\x90", GoodHDLC},
		"a Modbus read": {Modbus, "\x01\x03\x00\x00\x00\x01", 0x0A84, "\x84\x0A", 0},
		"HDLC, SNRM":    {HDLC, "\xA0\x07\x03\x21\x93", 0xFEF0, "\x0F\x01", GoodHDLC},
	} {
		if got := c.table.Sum([]byte(c.p)); got != c.sum {
			t.Errorf("%s: the sum is %04X, want %04X", name, got, c.sum)
		}
		whole := c.table.Append([]byte(c.p))
		if !bytes.Equal(whole, []byte(c.p+c.wire)) {
			t.Errorf("%s: on the line it is % X, want % X", name, whole[len(c.p):], c.wire)
		}
		if got := c.table.Sum(whole); got != c.good {
			t.Errorf("%s: with its check sum it comes to %04X, want %04X", name, got, c.good)
		}
	}
}

// Every changed bit is found.
func FuzzAppend(f *testing.F) {
	f.Add([]byte("123456789"), uint16(3))
	f.Fuzz(func(t *testing.T, p []byte, bit uint16) {
		for table, good := range map[*Table]uint16{Modbus: 0, HDLC: GoodHDLC} {
			whole := table.Append(bytes.Clone(p))
			if table.Sum(whole) != good {
				t.Errorf("% X is taken for broken", whole)
			}
			i := int(bit) % (8 * len(whole))
			whole[i/8] ^= 1 << (i % 8)
			if table.Sum(whole) == good {
				t.Errorf("bit %d of % X is not missed", i, whole)
			}
		}
	})
}
