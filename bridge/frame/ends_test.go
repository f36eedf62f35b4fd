package frame

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"meterline/bridge/frame/parity"
)

func TestAnswerEnd(t *testing.T) {
	const foreign = -1
	for _, c := range []struct {
		p    Protocol
		q    string // what was asked
		b    string
		want int // foreign: as many bytes at least belong to no message
	}{
		{None, "", oneRegister, 0},
		{Gap, "", oneRegister, 0},
		{"profibus", "", oneRegister, 0},
		{"", "", oneRegister, 0},
		{Modbus, "", "", 0},
		{Modbus, "", "01 03 02 61", 0},
		{Modbus, "", "01 03 02 61 4E 00 00", foreign},
		{Modbus, readHolding, "FF | " + oneRegister, foreign},
		{MBus, "", "55", foreign},
		{Mercury, mercuryPing0, "FF FF 00 00", foreign},
		{Modbus, "'what no rule knows'", oneRegister, 0},

		{Modbus, "", oneRegister + " | 01 03", 7},
		{Modbus, readHolding, oneRegister + " | 01 03", 7},
		{Mercury, "", energyAnswer + " 80", 19},
		{Mercury, mercuryPing0, mercuryPing0 + " 00", 4},
		{MBus, "", "E5 68", 1},
		{HDLC, "", frameUA + " 7E", 33},
		{IEC, "", iecReadData + " 06", 13},

		{Modbus, readHolding, readHolding[:len(readHolding)-2], 0},
		{Modbus, readHolding, readHolding + " | 01 03", 8},
	} {
		l := NewLine(Config{Protocol: c.p})
		if c.q != "" {
			l.FromProgram(octets(t, c.q), epoch)
			l.Tick(epoch.Add(time.Second)) // what is no request is sent when the program has paused
		}
		got, message := l.AnswerEnd(octets(t, c.b))
		if got > 0 && !message {
			got = foreign
		}
		if got != c.want {
			t.Errorf("%s: %s behind %s: got %d, want %d", c.p, c.b, c.q, got, c.want)
		}
	}
}

// Where an answer ends is told of bytes with parity, too.
func TestAnswerEndWithParity(t *testing.T) {
	l := NewLine(Config{Protocol: IEC, Parity: "7e1"})
	chars := parity.New("7e1")
	wire := chars.Wire(nil, []byte("/MTL5X\r\n"))
	if n, _ := l.AnswerEnd(append(wire, 0x82)); n != len(wire) {
		t.Errorf("it ends at %d, want %d", n, len(wire))
	}
}

// A whole request leaves at once; what is surely unfinished is held for a little.
func TestWholeAndUnfinishedRequests(t *testing.T) {
	for _, c := range []struct {
		p    Protocol
		b    string
		held string // what is held of b
	}{
		{None, readHolding, ""},
		{Gap, readHolding, ""},
		{IEC, "00 00", ""},
		{MBus, mbusReset + " 55", ""},

		{Modbus, readHolding, ""},
		{IEC, "00 00 " + iecSignOnAny, ""},
		{IEC, "15", ""},
		{MBus, "55 55 " + mbusReset, ""},

		{Modbus, readHolding + " | 01 03", "01 03"},
		{Mercury, "80 05 00", "80 05 00"},
		{IEC, "00 00 '/?'", "00 00 '/?'"},
		{IEC, "06 '0'", "06 '0'"},
		{IEC, "06", "06"},
		{HDLC, "7E", "7E"},
		{MBus, "10 40", "10 40"},
	} {
		b, held := octets(t, c.b), octets(t, c.held)
		l := NewLine(Config{Protocol: c.p, Guard: Off})
		if got := slices.Concat(l.FromProgram(b, epoch).ToModem...); !bytes.Equal(got, b[:len(b)-len(held)]) {
			t.Errorf("%s: %s: % x leaves at once", c.p, c.b, got)
		}
		if got := slices.Concat(l.Tick(epoch.Add(partQuiet)).ToModem...); !bytes.Equal(got, held) {
			t.Errorf("%s: %s: % x leaves after %v", c.p, c.b, got, partQuiet)
		}
	}
}

// Bytes in pieces are held while they come, but not for longer than partHold.
func TestUnfinishedRequestIsNotHeldForLong(t *testing.T) {
	l := NewLine(Config{Protocol: Modbus})
	for i := range 10 {
		now := epoch.Add(time.Duration(i) * 99 * time.Millisecond)
		if out := l.Tick(now); len(out.ToModem) > 0 {
			t.Fatalf("% x after %v", out.ToModem, now.Sub(epoch))
		}
		l.FromProgram([]byte{1, 16, 0, 0, 0, 20, 40, 0, 0, 0}[i:i+1], now)
	}
	if due := l.Due().Sub(epoch); due != 991*time.Millisecond && due != partHold {
		t.Errorf("it leaves after %v", due)
	}
	l.FromProgram([]byte{0}, epoch.Add(985*time.Millisecond))
	if due := l.Due().Sub(epoch); due != partHold {
		t.Errorf("it leaves after %v, want %v", due, partHold)
	}
}
