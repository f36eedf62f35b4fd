package frame

import "testing"

func TestAnswerEnd(t *testing.T) {
	for _, c := range []struct {
		p    Protocol
		b    string
		want int
	}{
		{None, oneRegister, 0},
		{Gap, oneRegister, 0},
		{"profibus", oneRegister, 0},
		{"", oneRegister, 0},
		{Modbus, "", 0},
		{Modbus, "01 03 02 61", 0},
		{Modbus, "01 03 02 61 4E 00 00", 0},
		{MBus, "55", 0},

		{Modbus, oneRegister + " | 01 03", 7},
		{Mercury, energyAnswer + " 80", 19},
		{MBus, "E5 68", 1},
		{HDLC, frameUA + " 7E", 33},
		{IEC, iecReadData + " 06", 13},
	} {
		if got := c.p.AnswerEnd(octets(t, c.b)); got != c.want {
			t.Errorf("%s: %s: got %d, want %d", c.p, c.b, got, c.want)
		}
	}
}

func TestRequestState(t *testing.T) {
	for _, c := range []struct {
		p              Protocol
		b              string
		whole, partial bool
	}{
		{None, readHolding, false, false},
		{Gap, readHolding, false, false},
		{"profibus", readHolding, false, false},
		{Modbus, "", false, false},
		{IEC, "00 00", false, false},
		{IEC, "06", false, false},
		{MBus, mbusReset + " 55", false, false},

		{Modbus, readHolding, true, false},
		{Modbus, readHolding + " | " + readHolding, true, false},
		{IEC, "00 00 " + iecSignOnAny, true, false},
		{IEC, "15", true, false},
		{MBus, "55 55 " + mbusReset, true, false},
		{HDLC, frameSNRM + " " + frameDISC, true, false},

		{Modbus, readHolding + " | 01 03", false, true},
		{Mercury, "80 05 00", false, true},
		{IEC, "00 00 '/?'", false, true},
		{IEC, "06 '0'", false, true},
		{HDLC, "7E", false, true},
		{MBus, "10 40", false, true},
	} {
		whole, partial := c.p.RequestState(octets(t, c.b))
		if whole != c.whole || partial != c.partial {
			t.Errorf("%s: %s: got %v, %v, want %v, %v", c.p, c.b, whole, partial, c.whole, c.partial)
		}
	}
}

// Where an answer ends is told of bytes with parity, too.
func TestAnswerEndWithParity(t *testing.T) {
	c := Config{Protocol: IEC, Parity: "7e1"}
	wire := (&characters{encode: sevenBits["7e1"]}).wire(nil, []byte("/MTL5X\r\n"))
	if n := c.AnswerEnd(append(wire, 0x82)); n != len(wire) {
		t.Errorf("it ends at %d, want %d", n, len(wire))
	}
}
