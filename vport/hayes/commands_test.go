package hayes

import (
	"strings"
	"testing"
	"time"
)

// said is what the modem says to a line, without echo.
func said(m *Modem, line string) string {
	m.FromDTE([]byte("ATE0\r"), start)
	return dte(m.FromDTE([]byte(line), start))
}

func dte(o Out) string {
	var b strings.Builder
	for _, p := range o.ToDTE {
		b.Write(p)
	}
	return b.String()
}

func toLine(o Out) string {
	var b strings.Builder
	for _, p := range o.ToLine {
		b.Write(p)
	}
	return b.String()
}

func preset(t *testing.T, name string) Config {
	t.Helper()
	c, err := Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dials are lines and what they ask for, as describe has it.
var dials = []struct{ line, want string }{
	{"ATD", "dial "},
	{"ATD,,,", "dial  (,,,)"},
	{"ATD123", "dial 123"},
	{"atdt123", "dial 123 (t123)"},
	{"ATDT 8(916)123-45-67", "dial 89161234567 (T 8(916)123-45-67)"},
	{"ATDP9W123,4!@5", "dial 912345 (P9W123,4!@5)"},
	{"ATD+7 916 123.45.67", "dial +79161234567 (+7 916 123.45.67)"},
	{"ATD*99#", "dial *99#"},
	{"ATD*99***1#", "dial *99***1#"},
	{"ATD123I;", "dial voice 123 (123I)"},
	{"ATD123 ;", "dial voice 123"},
	{"AT+CBST=71,0,1;D +79117467352", "dial +79117467352"},
	{"ATE0X1DT5", "dial 5 (T5)"},
	{`ATD"boiler house 3"`, "dial boiler house 3"},
	{`ATDT"Котельная №3";`, "dial voice Котельная №3"},
	{`ATD"unclosed`, "dial unclosed"},
	{"ATDboiler", "dial boiler"},
	{"ATDTBoiler", "dial Boiler (TBoiler)"},
	{"ATDtank", "dial ank (tank)"},
	{"ATDabba", "dial abba"},
	{"ATD10.8.0.12:4001", "dial 10.8.0.12:4001"},
	{"ATDTmeter-7.example.net:4001", "dial meter-7.example.net:4001 (Tmeter-7.example.net:4001)"},
	{"ATD[fd00::1]:4001", "dial [fd00::1]:4001"},
	{"ATDp-12", "dial 12 (p-12)"},
	{"ATDLager", "dial Lager"},
	{"ATDS1", "dial S1"},
	{"AT&Z2=T123", "none"},
	{"ATD5\bX\b6", "dial 6"},
	{"ATD\x00\x0156\x7f", "dial 56"},
}

func TestDial(t *testing.T) {
	for _, d := range dials {
		m := New(Config{}, nil)
		o := m.FromDTE([]byte(d.line+"\r"), start)
		got := "none"
		if len(o.Actions) == 1 {
			got = describe(o.Actions[0])
		}
		if got != d.want {
			t.Errorf("%q: %q, want %q", d.line, got, d.want)
		}
	}
}

// TestRedial repeats: DL, DS, A/.
func TestRedial(t *testing.T) {
	m := New(Config{}, nil)
	said(m, "AT&Z0=T5;\r")
	for _, d := range []struct{ line, want string }{
		{"ATDT7\r", "dial 7 (T7)"},
		{"ATDL\r", "dial 7 (T7)"},
		{"A/", "dial 7 (T7)"},
		{"aATDL;\r", "dial voice 7 (T7)"},
		{"ATDS=0\r", "dial voice stored 5 (T5)"},
		{"ATDS=0;\r", "dial voice stored 5 (T5)"},
		{"ATDL\r", "dial 7 (T7)"},
		{"ATD\r", "dial "},
		{"ATDL\r", "dial 7 (T7)"},
	} {
		acts := m.FromDTE([]byte(d.line), start).Actions
		if len(acts) == 0 || describe(acts[len(acts)-1]) != d.want {
			t.Errorf("%q: %v", d.line, acts)
		}
		m.Failed(NoCarrier, start)
	}
}

// TestLines are the ways in which lines end and are edited.
func TestLines(t *testing.T) {
	for _, l := range []struct{ in, want string }{
		{"AT\n", "\r\nOK\r\n"},
		{"AT\r\nAT\r\n", "\r\nOK\r\n\r\nOK\r\n"},
		{"AT\rAT\r", "\r\nOK\r\n\r\nOK\r\n"},
		{"AT\nAT\n", "\r\nOK\r\n\r\nOK\r\n"},
		{"ATX\bI\r", "\r\nmeterline emulated modem\r\n\r\nOK\r\n"},
		{"AT\b\b\bI\r", "\r\nmeterline emulated modem\r\n\r\nOK\r\n"},
		{"ATS3=33\rAT!\n", "!\nOK!\n!\nOK!\n"}, // the line itself still ends by the old one
		{"ATS4=32\rAT\r", "\r OK\r \r OK\r "},
		{"ATS5=35\rATXXX###I\r", "\r\nOK\r\n\r\nmeterline emulated modem\r\n\r\nOK\r\n"},
		{"ATI\rA/", strings.Repeat("\r\nmeterline emulated modem\r\n\r\nOK\r\n", 2)},
		// seven bits, even and odd parity
		{"A\xd4I\x8d", "\r\nmeterline emulated modem\r\n\r\nOK\r\n"},
		{"\xc1T\xc9\x0d\x8a", "\r\nmeterline emulated modem\r\n\r\nOK\r\n"},
	} {
		got := said(New(Config{}, nil), l.in)
		if got != l.want {
			t.Errorf("%q: %q, want %q", l.in, got, l.want)
		}
	}
	m := New(Config{}, nil)
	if got := dte(m.FromDTE([]byte("xAT\b1\b2\r"), start)); got != "xAT1\b \b2\r\r\nOK\r\n" {
		t.Errorf("echo: %q", got)
	}
}

// TestProfiles: &W stores, Z restores, &F takes back, for one modem alone.
func TestProfiles(t *testing.T) {
	m := New(Config{Init: "S0=3X1"}, nil)
	for _, s := range []struct{ line, want string }{
		{"ATS0?", "003 OK"},
		{"ATS0=7V1+CBST=71,0,1;&W1", "OK"},
		{"ATS0=8+CBST=0;&W", "OK"},
		{"ATZ1", "OK"},
		{"ATS0?+CBST?", "007 +CBST: 71,0,1 OK"},
		{"ATS0=9", "OK"},
		{"ATZ", "OK"},
		{"ATS0?+CBST?", "008 +CBST: 0,0,1 OK"},
		{"AT&FE0S0?+CBST?", "003 +CBST: 7,0,1 OK"},
		{"ATS0=9X4+CBST=0", "OK"},
		{"AT&FE0S0?X?+CBST?", "003 X: 1 +CBST: 7,0,1 OK"},
	} {
		m.FromDTE([]byte("ATE0\r"), start)
		if got := plain(dte(m.FromDTE([]byte(s.line+"\r"), start))); got != s.want {
			t.Errorf("%q: %q, want %q", s.line, got, s.want)
		}
	}
	view := said(m, "AT&Z4=+7916\rAT&V\r")
	for _, want := range []string{"emulated modem", "ACTIVE PROFILE:", "S00:003", "X1 ", "STORED PROFILE 1:", "S00:007", "4=+7916", "OK"} {
		if !strings.Contains(view, want) {
			t.Errorf("&V has no %q: %q", want, view)
		}
	}
}

func TestRefuse(t *testing.T) {
	m := New(Config{Refuse: []string{"AT+CSQ", "&t", `\n`, "+foo?", "X"}}, nil)
	for _, line := range []string{"AT+CSQ", "AT&T1", `AT\N3`, "AT+FOO=1", "ATX4"} {
		if got := plain(said(m, line+"\r")); got != "ERROR" {
			t.Errorf("%s: %q", line, got)
		}
	}
	if got := plain(said(m, "AT+CREG=0;&C1\r")); got != "OK" {
		t.Error(got)
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]Config{
		"guard": {Guard: time.Minute}, "pace": {Pace: time.Minute}, "connect_delay": {ConnectDelay: time.Millisecond},
		"connect_text": {ConnectText: "HELLO"}, "wait": {Wait: time.Hour}, "timed_out": {TimedOut: Error},
		"phonebook": {Phonebook: Busy}, "ring_every": {RingEvery: time.Millisecond}, "lf_wait": {LFWait: time.Hour},
		"line_max": {LineMax: 10}, "hold_max": {HoldMax: 1}, "connect_speed": {ConnectSpeed: -1},
		"unknown_number": {UnknownNumber: 5},
		"refuse":         {Refuse: []string{"AT"}}, "init": {Init: "E0D123"},
	} {
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, init := range []string{"A", "Z", "&F", "&V", "H", "+CHUP", "+CSQ", "S3=200", "&Z1=2", "+FCLASS=1"} {
		if err := (Config{Init: init}).Validate(); err == nil {
			t.Errorf("init %q passes", init)
		}
	}
	for _, name := range Presets() {
		if err := preset(t, name).Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Preset("loud"); err == nil {
		t.Error("an unknown preset passes")
	}
	good := Config{Init: "E0X1S0=1+CMEE=1;&D0", ConnectText: "CONNECT 9600/RLP", ConnectSpeed: 9600, TimedOut: NoAnswer}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}
