package hayes

import (
	"strings"
	"testing"
)

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
	{"AT+FCLASS=8", "ERROR", "=", "="},
	{"AT+FCLASS=2.0", "ERROR", "=", "="},
	{"AT+FCLASS=0,1", "ERROR", "=", "="},
	{"AT+CBC=1", "OK", "ERROR", "="},
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
	{"AT+FCLASS=?", "0 OK", "=", "="}, // T.31, 8.2: without its name
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
	{"AT+CBC", "+CBC: 0,100 OK", "=", "ERROR"},
	{"AT+CBC?", "+CBC: 0,100 OK", "=", "ERROR"},
	{"AT+CBC=?", "+CBC: (0-3),(0-100) OK", "=", "ERROR"},
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
