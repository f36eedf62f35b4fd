// Package crc computes the check sums of meter protocols. Both are CRC-16, begin with all ones, and go over the line low byte first.
package crc

// Start is the sum of no bytes.
const Start = 0xFFFF

// Modbus has the polynomial 0x8005 ("MODBUS over Serial Line Specification and Implementation Guide V1.02", 6.2.2), HDLC 0x1021
// (X-25; IEC 62056-46, annex A).
var (
	modbusTable = tableOf(0xA001)
	hdlcTable   = tableOf(0x8408)
)

type table [256]uint16

func tableOf(reflected uint16) (t table) {
	for i := range t {
		sum := uint16(i)
		for range 8 {
			if sum&1 != 0 {
				sum = sum>>1 ^ reflected
			} else {
				sum >>= 1
			}
		}
		t[i] = sum
	}
	return t
}

func (t *table) add(sum uint16, b byte) uint16 { return sum>>8 ^ t[byte(sum)^b] }

func (t *table) of(p []byte) uint16 {
	sum := uint16(Start)
	for _, b := range p {
		sum = t.add(sum, b)
	}
	return sum
}

// Modbus returns the check sum of Modbus RTU and Mercury. It is 0 over bytes with their own check sum behind them.
func Modbus(p []byte) uint16 { return modbusTable.of(p) }

// AddModbus returns the check sum of Modbus RTU when b follows bytes with the check sum sum.
func AddModbus(sum uint16, b byte) uint16 { return modbusTable.add(sum, b) }

// HDLC returns the check sum of HDLC, which goes over the line inverted.
func HDLC(p []byte) uint16 { return hdlcTable.of(p) }
