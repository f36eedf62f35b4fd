package meters

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// The check characters are those of captures of real meters.
func TestBCCVectors(t *testing.T) {
	for message, want := range map[string]byte{
		"B0\x03":               0x71,
		"P0\x02(00000000)\x03": 0x60,
		"P1\x02(00000000)\x03": 0x61,
		"P1\x02()\x03":         0x61,
		"R1\x0200000034()\x03": 0x64,
	} {
		if got := BCC([]byte(message)); got != want {
			t.Errorf("%q: %#x, want %#x", message, got, want)
		}
	}
}

// command is a message of programming mode.
func command(body string) string {
	return "\x01" + body + "\x03" + string(rune(BCC([]byte(body+"\x03"))))
}

// data is a message with nothing but data.
func data(body string) string { return "\x02" + body + "\x03" + string(rune(BCC([]byte(body+"\x03")))) }

const (
	signOn  = "/?!\r\n"
	program = "\x06051\r\n"
)

func TestIECDialogues(t *testing.T) {
	p0 := command("P0\x02(SIM00123)")
	for _, c := range []struct{ name, in, want string }{
		{"another address", "/?124!\r\n", ""},
		{"address in another case", "/?00123a!\r\n", ""},
		{"no question mark", "/!\r\n", ""},
		{"no end mark", "/?123\r\n", ""},
		{"no carriage return", "/?!\n", ""},
		{"address too long", "/?" + strings.Repeat("0", 40) + "123!\r\n", ""},
		{"acknowledgement without sign-on", "\x06050\r\n", ""},
		{"command without programming mode", command("R1\x021.8.0()"), ""},
		{"command with a wrong check", signOn + program + "\x01R1\x021.8.0()\x03\x00", IECIdentification + p0 + "\x15"},
		{"unknown command", signOn + program + command("E2\x02()"), IECIdentification + p0 + data("(ERR-COMMAND)")},
		{"no brackets", signOn + program + command("R1\x021.8.0"), IECIdentification + p0 + data("(ERR-COMMAND)")},
		{"unknown data", signOn + program + command("R1\x029.9.9()"), IECIdentification + p0 + data("(ERR-NO-SUCH-DATA)")},
		{"write to a reading", signOn + program + command("W1\x021.8.0(0)"), IECIdentification + p0 + data("(ERR-READ-ONLY)")},
		{"another meter called in between", signOn + "/?9!\r\n" + program, IECIdentification},

		{"general request", signOn, IECIdentification},
		{"own address", "/?00123!\r\n", IECIdentification},
		{"own address, zeros do not count", "/?0000123!\r\n", IECIdentification},
		{"woken by NULs", strings.Repeat("\x00", 50) + signOn, IECIdentification},
		{"interrupted sign-on", "/?12/?!\r\n", IECIdentification},
		{"password and read", signOn + program + command("P1\x02(12345678)") + command("R1\x021.8.0()"), IECIdentification + p0 + "\x06" + data("1.8.0(012345.678*kWh)")},
		{"write and read", signOn + program + command("W1\x02S.3(hello)") + command("R1\x02S.3()"), IECIdentification + p0 + "\x06" + data("S.3(hello)")},
		{"asked again", signOn + program + command("R1\x021.8.0()") + "\x15", IECIdentification + p0 + data("1.8.0(012345.678*kWh)") + data("1.8.0(012345.678*kWh)")},
		{"break", signOn + program + command("B0") + command("R1\x021.8.0()"), IECIdentification + p0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := string(NewIEC("00123").Feed([]byte(c.in), testNow))
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

const testReadout = "\x02C.1.0(METERLINE-SIM)\r\n0.0.0(SIM00000001)\r\n0.2.0(SIMULATED)\r\nF.F(00000000)\r\n" +
	"0.9.1(130405)\r\n0.9.2(260115)\r\n1.8.0(012345.678*kWh)\r\n1.8.1(008234.567*kWh)\r\n1.8.2(004111.111*kWh)\r\n" +
	"2.8.0(000000.000*kWh)\r\n1.7.0(03.415*kW)\r\n32.7.0(230.1*V)\r\n52.7.0(229.7*V)\r\n72.7.0(231.2*V)\r\n" +
	"31.7.0(005.12*A)\r\n51.7.0(004.87*A)\r\n71.7.0(005.03*A)\r\n13.7.0(0.987)\r\n14.7.0(50.01*Hz)\r\n!\r\n\x03"

func TestIECReadout(t *testing.T) {
	for name, option := range map[string]string{
		"asked for":             "\x06050\r\n",
		"at the first speed":    "\x06000\r\n",
		"mode is not ours":      "\x06252\r\n",
		"select is not legible": "\x06\xff\xff\xff\xff\xff",
	} {
		m := NewIEC("")
		m.Feed([]byte(signOn), testNow)
		got := string(m.Feed([]byte(option), testNow))
		body, ok := strings.CutSuffix(got, string(rune(BCC([]byte(testReadout[1:])))))
		if !ok || body != testReadout {
			t.Errorf("%s: %q", name, got)
		}
		if again := m.Feed([]byte("\x15"), testNow); string(again) != got {
			t.Errorf("%s: asked again: %q", name, again)
		}
	}
}

func TestIECReadsOutWithoutAcknowledgement(t *testing.T) {
	m := NewIEC("")
	if !m.Due().IsZero() {
		t.Fatal("due before a sign-on")
	}
	m.Feed([]byte(signOn), testNow)
	due := m.Due()
	if due.Sub(testNow) != 1500*time.Millisecond {
		t.Fatalf("due %v behind the sign-on", due.Sub(testNow))
	}
	if out := m.Feed(nil, due.Add(-1)); len(out) > 0 {
		t.Fatalf("too early: %q", out)
	}
	if out := m.Feed(nil, due); !bytes.HasPrefix(out, []byte("\x02C.1.0(METERLINE-SIM)")) {
		t.Errorf("readout %q", out)
	}
	if !m.Due().IsZero() {
		t.Error("still due behind the readout")
	}
	if out := m.Feed([]byte("\x06050\r\n"), due.Add(time.Second)); len(out) > 0 {
		t.Errorf("late acknowledgement got %q", out)
	}
}

func TestIECTimes(t *testing.T) {
	m := NewIEC("")
	m.Feed([]byte("/?"), testNow)
	if out := m.Feed([]byte("!\r\n"), testNow.Add(1501*time.Millisecond)); len(out) > 0 {
		t.Errorf("a sign-on with a hole got %q", out)
	}
	now := testNow.Add(time.Minute)
	m.Feed([]byte(signOn+program), now)
	if out := m.Feed([]byte(command("R1\x021.8.0()")), now.Add(119*time.Second)); len(out) == 0 {
		t.Error("programming mode was left too early")
	}
	if out := m.Feed([]byte(command("R1\x021.8.0()")), now.Add(240*time.Second)); len(out) > 0 {
		t.Errorf("programming mode was not left, got %q", out)
	}
}

func TestIECAckInPiecesKeepsTheMeterWaiting(t *testing.T) {
	m := NewIEC("")
	m.Feed([]byte(signOn), testNow)
	m.Feed([]byte("\x06"), testNow.Add(1400*time.Millisecond))
	if out := m.Feed([]byte("051\r\n"), testNow.Add(2800*time.Millisecond)); !bytes.HasPrefix(out, []byte("\x01P0")) {
		t.Errorf("got %q", out)
	}
}

func FuzzIEC(f *testing.F) {
	f.Add([]byte(signOn + "\x06050\r\n\x15"))
	f.Add([]byte("/?00123!\r\n" + program + command("W1\x02S.3(hello)") + command("R1\x02S.3()") + command("B0")))
	f.Add([]byte(signOn + program + "\x01R1\x03\x03\x01\x03\x03\x03\x01(\x02)(\x03"))
	f.Fuzz(func(t *testing.T, p []byte) {
		sameInPieces(t, NewIEC("00123"), NewIEC("00123"), p)
	})
}

func TestNew(t *testing.T) {
	for _, bad := range [][2]string{{"mbus", ""}, {KindIEC, "12(3"}, {KindIEC, strings.Repeat("1", 33)}} {
		if m, err := New(bad[0], 1, bad[1]); err == nil {
			t.Errorf("%q: %T", bad, m)
		}
	}
	for _, kind := range append(Kinds(), "") {
		m, err := New(kind, 1, "")
		if err != nil {
			t.Fatal(err)
		}
		sameInPieces(t, m, m, []byte("\x00nothing that needs state"))
	}
}
