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

// answers are lines and what they are answered with by tolerant, gsm and strict-hayes. "OK" and "ERROR" stand for the
// result alone, "X OK" for a text and OK; "=" is the same as the one before.
var answers = []struct{ line, tolerant, gsm, strict string }{
	// bad ones first
	{"AT" + strings.Repeat("X", 300), "ERROR", "=", "="},
	{"ATS90=5", "ERROR", "=", "="},
	{"AT+CMGS", "ERROR", "=", "="},
	{"ATH7", "OK", "ERROR", "="},
	{"ATU=5", "OK", "ERROR", "="},
	{"ATS256=1", "ERROR", "=", "="},
	{"ATS3=200", "ERROR", "=", "="},
	{"ATS0=256", "ERROR", "=", "="},
	{"ATS7=0", "OK", "ERROR", "="},
	{"ATS99=1", "OK", "ERROR", "="},
	{"ATX9", "OK", "ERROR", "="},
	{"ATV7", "OK", "ERROR", "="},
	{"AT&W7", "ERROR", "=", "="},
	{"AT&Z10=1", "ERROR", "=", "="},
	{"ATZ5", "OK", "ERROR", "="},
	{"ATDL", "ERROR", "=", "="},
	{"ATDS=4", "ERROR", "=", "="},
	{"ATDS=", "ERROR", "=", "="},
	{`ATD>"boiler"`, "NO CARRIER", "ERROR", "="},
	{"ATO", "ERROR", "=", "="},
	{"ATA", "NO CARRIER", "=", "="},
	{"ATU", "OK", "ERROR", "="},
	{"AT~", "OK", "ERROR", "="},
	{"AT\\", "OK", "ERROR", "="},
	{"AT+", "OK", "ERROR", "="},
	{"AT+XYZ=1,2;E0", "OK", "ERROR", "="},
	{"AT^SYSCFG=13,0", "OK", "ERROR", "="},
	{"AT+CBST=99,0,1", "OK", "ERROR", "="},
	{"AT+CBST=7,0,1,5", "OK", "ERROR", "="},
	{"AT+FCLASS=1", "ERROR", "=", "="},
	{"AT+CMGS=\"+7916\"", "ERROR", "=", "="},
	{"AT+CMEE", "OK", "ERROR", "="},

	{"AT", "OK", "=", "="},
	{"at", "OK", "=", "="},
	{"aT", "OK", "", ""},
	{"A T", "", "", ""},
	{"ATATAT", "NO CARRIER", "=", "="}, // A, then T, A, T: answering comes first
	{"xxAT", "OK", "=", "="},
	{"AAT", "OK", "=", "="},
	{"AT;", "OK", "=", "="},
	{"ATE0Q0V1X4&C1&D2&K3&S0\\N3%C1L1M1N1P T W1B0Y0", "OK", "=", "="},
	{"AT e0 v1 &c1", "OK", "=", "="},
	{"ATS0=0S2=43S3=13S4=10S5=8S6=2S7=60S8=2S9=6S10=14S11=95S12=50", "OK", "=", "="},
	{"ATS0?", "000 OK", "=", "="},
	{"ATS2?S3?", "043 013 OK", "=", "="},
	{"ATS7?", "050 OK", "=", "="},
	{"ATS12?", "020 OK", "050 OK", "="},
	{"ATS90?", "003 OK", "=", "="},
	{"ATI4", "meterline emulated modem, CONNECT 9600, S7=50 S12=20 OK", "meterline emulated modem, CONNECT 9600, S7=50 S12=50 OK", "="},
	{"ATI9", "command mode OK", "=", "="},
	{"ATS10?", "014 OK", "=", "="},
	{"ATS6", "OK", "=", "="},
	{"ATS6?", "002 OK", "=", "="},
	{"ATS7=9S7?=12?", "009 012 OK", "=", "="},
	{"ATS1=5S1?", "000 OK", "=", "="},
	{"ATI", "meterline emulated modem OK", "=", "="},
	{"ATI3", "meterline emulated modem 1 OK", "=", "="},
	{"ATI1", "OK", "=", "="},
	{"ATI99", "OK", "ERROR", "="},
	{"ATH", "OK", "=", "="},
	{"ATH1", "OK", "=", "="},
	{"ATZ junk", "OK", "=", "="},
	{"AT&F0E0", "OK", "=", "="},
	{"AT&W", "OK", "=", "="},
	{"AT&Z1=123 456;", "OK", "=", "="},
	{"AT&Z1?", "OK", "=", "="},
	{"ATD;", "OK", "=", "="},

	{"AT+GMI;+GMM", "meterline emulated modem OK", "=", "="},
	{"AT+GSN", "001017000000009 OK", "=", "="},
	{"AT+IPR?", "+IPR: 0 OK", "=", "="},
	{"AT+IPR=9600;+IPR?", "+IPR: 9600 OK", "=", "="},
	{"AT+ICF=3,3;+IFC=2,2;+DS=0;+ES=1,0,1;+MS=V32,1", "OK", "=", "="},
	{"AT+DS?", "+DS: 3,0,2048,32 OK", "=", "="},
	{"AT+FCLASS=?", "+FCLASS: (0) OK", "=", "="},
	{"AT+FCLASS?", "0 OK", "=", "="},
	{"AT+FCLASS=0", "OK", "=", "="},

	{"AT+CBST=71,0,1", "OK", "=", "ERROR"},
	{"AT+CBST=71,0,1;+CBST?", "+CBST: 71,0,1 OK", "=", "ERROR"},
	{"AT+CBST=0;+CBST?", "+CBST: 0,0,1 OK", "=", "ERROR"},
	{"AT+CBST=,,0;+CBST?", "+CBST: 7,0,0 OK", "=", "ERROR"},
	{"AT+CBST=;+CBST?", "+CBST: 7,0,1 OK", "=", "ERROR"},
	{"AT+CBST=?", "+CBST: " + bearers + " OK", "=", "ERROR"},
	{"AT+CREG?", "+CREG: 0,1 OK", "=", "ERROR"},
	{"AT+CREG=?", "+CREG: (0-2) OK", "=", "ERROR"},
	{"AT+CGREG?", "+CGREG: 0,1 OK", "=", "ERROR"},
	{"at+csq", "+CSQ: 20,99 OK", "=", "ERROR"},
	{"AT+CSQ=?", "+CSQ: (0-31,99),(0-7,99) OK", "=", "ERROR"},
	{"AT+CGSN", "001017000000009 OK", "=", "ERROR"},
	{"AT+CGSN=?", "OK", "=", "ERROR"},
	{"AT+CIMI", "001010000000001 OK", "=", "ERROR"},
	{"AT+CPIN?", "+CPIN: READY OK", "=", "ERROR"},
	{"AT+CPIN=\"1234\"", "OK", "=", "ERROR"},
	{"AT+COPS?", `+COPS: 0,0,"meterline" OK`, "=", "ERROR"},
	{"AT+COPS=3,2;+COPS?", `+COPS: 0,2,"00101" OK`, "=", "ERROR"},
	{"AT+COPS=?", `+COPS: (2,"meterline","meterline","00101"),,(0-4),(0-2) OK`, "=", "ERROR"},
	{"AT+CEER", "+CEER: no cause information available OK", "=", "ERROR"},
	{"AT+CGMI;+CGMM;+CGMR", "meterline emulated modem 1 OK", "=", "ERROR"},
	{"AT+CMEE=1;+CMEE?", "+CMEE: 1 OK", "=", "ERROR"},
	{"AT+CMEE=?", "+CMEE: (0-2) OK", "=", "ERROR"},
	{"AT+CLIP=1;+CLIP?", "+CLIP: 1,1 OK", "=", "ERROR"},
	{"AT+CRC=1", "OK", "=", "ERROR"},
	{"AT+CHUP", "OK", "=", "ERROR"},
	{"AT+CLCC", "OK", "=", "ERROR"},
	{"AT+CPAS", "+CPAS: 0 OK", "=", "ERROR"},
	{"AT+CFUN=1;+CFUN?", "+CFUN: 1 OK", "=", "ERROR"},
	{`AT+CSCS="gsm";+CSCS?`, `+CSCS: "gsm" OK`, "=", "ERROR"},
	{"AT+CNUM", "OK", "=", "ERROR"},
	{"AT+CMGF=1;+CMGF?", "+CMGF: 1 OK", "=", "ERROR"},
}

func TestAnswers(t *testing.T) {
	for _, a := range answers {
		expect := ""
		for i, want := range []string{a.tolerant, a.gsm, a.strict} {
			if want != "=" {
				expect = want
			}
			m := New(preset(t, Presets()[i]), nil)
			if got := plain(said(m, a.line+"\r")); got != expect {
				t.Errorf("%s: %.60q: %q, want %q", Presets()[i], a.line, got, expect)
			}
			if s := m.State().Phase; s != Command {
				t.Errorf("%q: %v", a.line, s)
			}
		}
	}
}

// plain is an answer in V1, as the table has it.
func plain(s string) string {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "\r\n"), "\r\n")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' }), " ")
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
		"refuse": {Refuse: []string{"AT"}}, "init": {Init: "E0D123"},
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
