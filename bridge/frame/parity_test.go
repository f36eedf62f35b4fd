package frame

import (
	"bytes"
	"testing"

	"meterline/bridge/frame/parity"
)

func TestParity(t *testing.T) {
	for format, want := range map[Parity][]byte{
		"7e1": {0x00, 0xb1, 0x33, 0xff}, "7o1": {0x80, 0x31, 0xb3, 0x7f},
		"7s1": {0x00, 0x31, 0x33, 0x7f}, "7m1": {0x80, 0xb1, 0xb3, 0xff}, "7n2": {0x80, 0xb1, 0xb3, 0xff},
		"8n1": {0x00, 0xb1, 0x33, 0xff}, "": {0x00, 0xb1, 0x33, 0xff},
	} {
		l := newLine(Config{Parity: format}, nil)
		written := []byte{0x00, 0x31, 0xb3, 0xff} // bit 7 is what a program may have left there
		text := []byte{0x00, 0x31, 0x33, 0x7f}
		if format == "" || format == "8n1" {
			written, text = want, want
		}
		if got := l.FromProgram(written, epoch).ToModem; len(got) != 1 || !bytes.Equal(got[0], want) {
			t.Errorf("%s: to the modem %x, want %x", format, got, want)
		}
		if got := l.FromModem(want, epoch).ToProgram; len(got) != 1 || !bytes.Equal(got[0], text) {
			t.Errorf("%s: to the program %x, want %x", format, got, text)
		}
		if n := l.Stats().ParityErrors; n != 0 {
			t.Errorf("%s: %d errors of format", format, n)
		}
		bad := bytes.Clone(want)
		bad[1] ^= 0x80
		if got := l.FromModem(bad, epoch).ToProgram; len(text) > 0 && format.Plain() == bytes.Equal(got[0], text) {
			t.Errorf("%s: a byte of wrong format came as %x", format, got)
		}
		if n := l.Stats().ParityErrors; n != 1 && !format.Plain() {
			t.Errorf("%s: %d errors of format, want 1", format, n)
		}
	}
}

// selects is toy with IEC 62056-21's sign-on and acknowledgement.
type selects struct{ toy }

func (s selects) request(p []byte) extent {
	switch p[0] {
	case ack:
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			return extent{n: i + 1}
		}
		return extent{}
	case '/':
		return extent{n: bytes.IndexByte(p, '\n') + 1}
	}
	return s.toy.request(p)
}

func (s selects) answer(p, q []byte) extent {
	if p[0] == ack {
		return iecSelectExtent(p)
	}
	return s.toy.answer(p, q)
}

func (selects) expect([]byte) expectation { return anonymous }

func (selects) judge(_, _ []byte, _ int) judgement { return answered }

func (selects) mirrors([]byte) bool { return true }

func TestModeE(t *testing.T) {
	c := parity.New("7e1")
	even := func(s string) []byte { return c.Wire(nil, []byte(s)) }
	l := newLine(Config{Protocol: IEC, Parity: "7e1"}, selects{})
	send := func(p string, want []byte) {
		t.Helper()
		if got := bytes.Join(l.FromProgram([]byte(p), epoch).ToModem, nil); !bytes.Equal(got, want) {
			t.Errorf("%q goes to the modem as %x, want %x", p, got, want)
		}
	}
	come := func(p []byte, want string) {
		t.Helper()
		if got := bytes.Join(l.FromModem(p, epoch).ToProgram, nil); string(got) != want {
			t.Errorf("%x comes to the program as %q, want %q", p, got, want)
		}
	}
	send("/?!\r\n", even("/?!\r\n"))
	come(even("<1>"), "<1>")
	send("\x06050\r\n", even("\x06050\r\n"))
	come(even("<2>"), "<2>")
	send("\x06252\r\n", even("\x06252\r\n"))
	come(even("\x0625"), "")
	come(even("2\r\n"), "\x06252\r\n")
	come([]byte("\x7e\xb1\x31"), "\x7e\xb1\x31")
	send("\x7e\xa0\x31", []byte("\x7e\xa0\x31"))
	come(even("\x0625"), string(even("\x0625")))
	come([]byte("<9>"), "<9>")
	send("\x00\x00/?!\r\n", even("\x00\x00/?!\r\n"))
	come(even("<1>"), "<1>")
	if n := l.Stats().ParityErrors; n != 0 {
		t.Errorf("%d errors of parity", n)
	}
}

func TestFixedSpeed(t *testing.T) {
	l := newLine(Config{Protocol: IEC, FixedSpeed: 1200, Parity: "7e1"}, selects{})
	c := parity.New("7e1")
	check := func(got [][]byte, want ...string) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%q goes to the modem, want %q", got, want)
		}
		for i := range want {
			if !bytes.Equal(got[i], c.Wire(nil, []byte(want[i]))) {
				t.Errorf("%x goes to the modem, want %q", got[i], want[i])
			}
		}
	}
	p := []byte("\x06051\r\n")
	check(l.FromProgram(p, epoch).ToModem, "\x06021\r\n")
	if string(p) != "\x06051\r\n" {
		t.Errorf("the program's own bytes became %q", p)
	}
	check(l.FromProgram(p, epoch).ToModem)
	if n := l.Stats().Repeats; n != 1 {
		t.Errorf("%d repeats, want 1: what the program wrote is the same", n)
	}
	check(l.FromProgram([]byte("\x06021\r\n"), epoch).ToModem)
	check(l.FromModem([]byte("<1>"), epoch).ToModem, "\x06021\r\n")
	l.FromModem([]byte("<1>"), epoch)
	check(l.FromProgram([]byte("\x06"), epoch).ToModem)
	check(l.Tick(epoch.Add(byteQuiet)).ToModem, "\x06")
	now := epoch.Add(byteQuiet)
	check(l.FromProgram([]byte("05"), now).ToModem)
	check(l.FromProgram([]byte("1\r\n"), now).ToModem, "021\r\n")
	l.FromModem([]byte("<1>"), now)
	check(l.FromProgram([]byte("<5>"), now).ToModem, "<5>")
	if n := l.Stats().Speeds; n != 2 {
		t.Errorf("%d speeds changed, want 2", n)
	}
}

func TestFixedSpeedNothingElse(t *testing.T) {
	l := newLine(Config{Protocol: IEC, FixedSpeed: 19200}, selects{})
	for _, p := range []string{"\x06\n", "\x060511\r\n", "\x060x1\rx\n", "/06051\r\n"} {
		if got := l.FromProgram([]byte(p), epoch).ToModem; len(got) != 1 || string(got[0]) != p {
			t.Errorf("%q went as %q", p, got)
		}
		l.FromModem([]byte("<1>"), epoch)
	}
}

func TestModeEAtFixedSpeed(t *testing.T) {
	l := newLine(Config{Protocol: IEC, Parity: "7e1", FixedSpeed: 2400}, selects{})
	c := parity.New("7e1")
	l.FromProgram([]byte("\x06252\r\n"), epoch)
	confirm := c.Wire(nil, []byte("\x06232\r\n"))
	if got := bytes.Join(l.FromModem(confirm, epoch).ToProgram, nil); string(got) != "\x06232\r\n" {
		t.Errorf("the meter's confirmation comes as %x", got)
	}
}
