package meters

// crcTable is that of CRC-16/MODBUS: polynomial 0x8005 reflected, see "MODBUS over Serial Line Specification and
// Implementation Guide V1.02", 6.2.2.
var crcTable = func() (t [256]uint16) {
	for i := range t {
		crc := uint16(i)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0xA001
			} else {
				crc >>= 1
			}
		}
		t[i] = crc
	}
	return t
}()

const crcStart = 0xFFFF

func crcStep(crc uint16, b byte) uint16 { return crc>>8 ^ crcTable[byte(crc)^b] }

// CRC16 is the check sum of Modbus RTU and of Mercury meters. It goes over the line low byte first.
func CRC16(p []byte) uint16 {
	crc := uint16(crcStart)
	for _, b := range p {
		crc = crcStep(crc, b)
	}
	return crc
}

// AppendCRC16 appends p's check sum to it as it goes over the line.
func AppendCRC16(p []byte) []byte {
	crc := CRC16(p)
	return append(p, byte(crc), byte(crc>>8))
}

// BCC is the block check character of IEC 62056-21 (ISO 1155): all bytes behind the first SOH or STX, up to and with ETX.
func BCC(p []byte) byte {
	var sum byte
	for _, b := range p {
		sum ^= b
	}
	return sum
}
