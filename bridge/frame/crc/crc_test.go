package crc

import "testing"

// The check values are those of the catalogue of parametrised CRC algorithms for "123456789": CRC-16/MODBUS and CRC-16/IBM-SDLC.
func TestCheckValues(t *testing.T) {
	p := []byte("123456789")
	if got := Modbus(p); got != 0x4B37 {
		t.Errorf("Modbus: %#x, want 0x4b37", got)
	}
	if got := ^HDLC(p); got != 0x906E {
		t.Errorf("HDLC: %#x, want 0x906e", got)
	}
	sum := uint16(Start)
	for _, b := range append(p, 0x37, 0x4B) {
		sum = AddModbus(sum, b)
	}
	if sum != 0 {
		t.Errorf("over bytes and their check sum: %#x, want 0", sum)
	}
}
