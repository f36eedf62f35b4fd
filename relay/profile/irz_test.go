package profile

import (
	"strings"
	"testing"
	"time"
)

const irzLine = "AT$IMEI=861234567890123,PSW=5492,TYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,CSQ=17,COLPROT=1.3,ATP=1.1,INT=485+232,CHN=1,\n"

func TestIRZ(t *testing.T) {
	ok := func(id, data string) outcome { return outcome{verdict: "registered", id: id, data: data} }
	bad := func(why string) outcome { return outcome{verdict: why} }
	const id = "861234567890123"
	check(t, &Profile{Kind: IRZ}, nil, map[string]registrationCase{
		"nothing":                  {"", bad("more")},
		"digits alone":             {id + "\n", bad(RefusedGarbage)},
		"another command":          {"AT+CSQ\n", bad(RefusedGarbage)},
		"a small at":               {"at$IMEI=" + id + ",\n", bad(RefusedGarbage)},
		"an empty line of it":      {"AT$\n", bad(RefusedGarbage)},
		"cut before its end":       {"AT\n", bad(RefusedGarbage)},
		"no IMEI":                  {"AT$PSW=5492,TYP=ATM,\n", bad(RefusedGarbage)},
		"an empty IMEI":            {"AT$IMEI=,PSW=5492,\n", bad(RefusedGarbage)},
		"thirteen digits":          {"AT$IMEI=8612345678901,\n", bad(RefusedGarbage)},
		"seventeen digits":         {"AT$IMEI=86123456789012345,\n", bad(RefusedGarbage)},
		"a letter in the IMEI":     {"AT$IMEI=86123456789012x,\n", bad(RefusedGarbage)},
		"the second IMEI is right": {"AT$IMEI=1,IMEI=" + id + ",\n", bad(RefusedGarbage)},
		"binary":                   {"AT$IMEI=" + id + ",TYP=\x80,\n", bad(RefusedGarbage)},
		"a CR inside":              {"AT$IMEI=" + id + ",\rPSW=1,\n", bad(RefusedGarbage)},
		"no end":                   {"AT$IMEI=" + id + "," + strings.Repeat("x", 600), bad(RefusedTooLong)},
		"empty lines without end":  {strings.Repeat("\r\n", 300), bad(RefusedTooLong)},
		"still without its LF":     {"AT$IMEI=" + id + ",", bad("more")},
		"a web browser":            {"GET / HTTP/1.1\r\nHost: AT$IMEI=" + id + "\r\n", bad(RefusedGarbage)},
		"as the emulator sends it": {irzLine, ok(id, "")},
		"CR LF at its end":         {"AT$IMEI=" + id + ",\r\n", ok(id, "")},
		"no comma at its end":      {"AT$IMEI=" + id + "\n", ok(id, "")},
		"in another order":         {"AT$CHN=1,PSW=5492,IMEI=" + id + ",TYP=ATM\n", ok(id, "")},
		"small names and spaces":   {"AT$ imei = " + id + " , x=y\n", ok(id, "")},
		"no names, unknown names":  {"AT$,,=,x,IMEI=" + id + ",FOO=BAR=2,\n", ok(id, "")},
		"the second IMEI is wrong": {"AT$IMEI=" + id + ",IMEI=1\n", ok(id, "")},
		"fourteen digits":          {"AT$IMEI=86123456789012,\n", ok("86123456789012", "")},
		"sixteen digits":           {"AT$IMEI=8612345678901234,\n", ok("8612345678901234", "")},
		"empty lines before it":    {"\r\n\n" + irzLine, ok(id, "")},
		"data behind it":           {irzLine + "\n\x00\x01", ok(id, "\n\x00\x01")},
	})
}

func TestIRZTells(t *testing.T) {
	const want = "model: ATM31; firmware: version 01, revision 03, build 016.353; hardware: 2.0; " +
		"signal: 17 of 31, −79 dBm; interface: 485+232; sim: 0; channel: 1; "
	if got := factsOf(t, IRZ, irzLine); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := factsOf(t, IRZ, "AT$IMEI=861234567890123,TYP=ATM,VER="+strings.Repeat("1", 65)+",CSQ=x,PSW=5492\n"); got != "model: ATM; " {
		t.Errorf("got %s", got)
	}
	for csq, want := range map[int]string{
		-1: "", 32: "", 98: "", 100: "", 99: "not known",
		0: "0 of 31, −113 dBm or less", 1: "1 of 31, −111 dBm", 31: "31 of 31, −51 dBm or more",
	} {
		if got := signalText(csq); got != want {
			t.Errorf("CSQ %d is %q, want %q", csq, got, want)
		}
	}
}

// What is shown of a caller that got no further never holds the password.
func TestIRZPartial(t *testing.T) {
	for line, want := range map[string]string{
		"AT": "", "AT$PSW=5492": "", "AT$PSW=5492,IMEI=86": "86", "AT$IMEI=1,PSW=5492": "1",
	} {
		reg := &irz{}
		if v := reg.Feed([]byte(line)); v.Done || v.Refused != "" || reg.Partial() != want {
			t.Errorf("%s: %+v, shown as %q", line, v, reg.Partial())
		}
		if v := reg.Silence(); v.Refused != RefusedUnfinished {
			t.Errorf("%s: silence means %+v", line, v)
		}
	}
}

func TestIRZAnswer(t *testing.T) {
	p := &Profile{Kind: IRZ}
	now := time.Date(2026, 3, 1, 23, 4, 5, 6e8, time.FixedZone("", 3*60*60))
	if got := string(p.Welcome(&Verdict{}, now)); got != "20260301230405,MOD=DAT,\r" {
		t.Errorf("answered %q", got)
	}
}

func TestIRZVariant(t *testing.T) {
	for field, framed := range map[string]bool{"": false, "COLPROT=,": false, "COLPROT=0,": false, "COLPROT=1.3,": true} {
		p := &Profile{Kind: IRZ}
		v := (&irz{}).Feed([]byte("AT$IMEI=861234567890123," + field + "\n"))
		if _, is := p.NewCodec(&v, nil).(*irzFrames); !v.Done || is != framed {
			t.Errorf("%q: %+v, in frames: %v", field, v, is)
		}
	}
}

func FuzzIRZ(f *testing.F) {
	f.Add([]byte(irzLine+"data"), uint8(3))
	f.Add([]byte("\r\nAT$PSW=5492,imei=8612345678901234\r\n"), uint8(1))
	f.Add([]byte("AT$,=,IMEI=861234567890123,CSQ=99,VER=\n"), uint8(9))
	p := &Profile{Kind: IRZ}
	f.Fuzz(func(t *testing.T, in []byte, n uint8) { samePieces(t, p, nil, in, int(n)) })
}
