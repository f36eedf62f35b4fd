package profile

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
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
	if got := factsOf(t, IRZ, "AT$IMEI=861234567890123,TYP=ATM,VER="+strings.Repeat("1", 65)+",CSQ=x,PSW=5492\n"); got != "model: ATM; firmware: version "+strings.Repeat("1", 64)+"…; " {
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
		"AT": "", "AT$PSW=5492": "", "AT$PSW=5492,IMEI=86": "86", "AT$IMEI=1,PSW=5492": "1", "AT$IMEI=1;PSW=5492": "1",
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

func freshIRZ() codec.Codec { return &irzFrames{} }

// irzOf is a frame, written as the description has it.
func irzOf(kind byte, payload string) string {
	return "\xC8\xCA\xCB\xCC\xCD" + string([]byte{kind, byte(len(payload) >> 8), byte(len(payload))}) + payload + "\r\n"
}

func TestIRZFrames(t *testing.T) {
	const ping = "\x00\x00\x01\xB0"
	pinged := irzOf(1, ping)
	inner := irzOf(2, irzKeepalive) + irzHeader
	for name, c := range map[string]struct {
		in   string
		want sum
	}{
		"bytes outside":                 {"abc" + pinged + "de", sum{ping, "", 5}},
		"half a header":                 {"\xC8\xCA\xCB" + pinged, sum{ping, "", 3}},
		"a header that begins anew":     {"\xC8\xC8\xCA\xC8" + pinged, sum{ping, "", 4}},
		"a line instead of a frame":     {irzLine + pinged, sum{ping, "", len(irzLine)}},
		"no trailer, a frame at once":   {pinged[:len(pinged)-2] + pinged, sum{ping + ping, "", 0}},
		"half a trailer, a frame":       {pinged[:len(pinged)-1] + pinged, sum{ping + ping, "", 1}},
		"another trailer":               {pinged[:len(pinged)-2] + "\n\r" + pinged, sum{ping + ping, "", 2}},
		"firmware and setup":            {irzOf(4, "PASSOK") + irzOf(5, "OK") + pinged, sum{ping, "", 8}},
		"an unknown type":               {irzOf(0x7F, "abc") + pinged, sum{ping, "", 3}},
		"a service frame of nothing":    {irzOf(12, "") + pinged, sum{ping, "", 0}},
		"a service frame cut short":     {irzOf(12, "\x01\x40") + pinged, sum{ping, "", 2}},
		"a question from a modem":       {irzOf(12, "\x00\x40\x01") + pinged, sum{ping, "", 3}},
		"an answer without its value":   {irzOf(12, "\x01\x40\x01") + pinged, sum{ping, "", 3}},
		"a signal that is none":         {irzOf(12, "\x01\x40\x01\x40") + pinged, sum{ping, "", 4}},
		"an answer to no question":      {irzOf(12, "\x01\x40\x07\x40") + pinged, sum{ping, "", 4}},
		"a cell in binary":              {irzOf(12, "\x01\x40\x04\x01") + pinged, sum{ping, "", 4}},
		"a cell without an end":         {irzOf(12, "\x01\x40\x04"+strings.Repeat("x", 5000)) + pinged, sum{ping, "", 5003}},
		"a cell just too long":          {irzOf(12, "\x01\x40\x04"+strings.Repeat("x", irzServiceMost-2)) + pinged, sum{ping, "", irzServiceMost + 1}},
		"a keepalive":                   {irzOf(2, irzKeepalive) + pinged, sum{ping, "", 0}},
		"an empty keepalive":            {irzOf(2, "") + pinged, sum{ping, "", 0}},
		"an empty data frame":           {irzOf(1, "") + pinged, sum{ping, "", 0}},
		"data, as published":            {"\xC8\xCA\xCB\xCC\xCD\x01\x00\x04\x00\x00\x01\xB0\r\n", sum{ping, "", 0}},
		"frames inside data":            {irzOf(1, inner) + pinged, sum{inner + ping, "", 0}},
		"a long frame":                  {irzOf(1, strings.Repeat("long", 100)), sum{strings.Repeat("long", 100), "", 0}},
		"data before the frame's end":   {pinged[:11], sum{ping[:3], "", 0}},
		"an answer about the signal":    {irzOf(12, "\x01\x40\x01\x11"), sum{"", "signal: 17 of 31, −79 dBm; ", 0}},
		"an answer about the inputs":    {irzOf(12, "\x01\x40\x02\x00\x01\x00\x02"), sum{"", "inputs: 00 01 00 02; ", 0}},
		"an answer about the cell":      {irzOf(12, "\x01\x40\x04250,01,7B"), sum{"", "cell: 250,01,7B; ", 0}},
		"a long list of cells":          {irzOf(12, "\x01\x40\x04"+strings.Repeat("250,01,7B;", 17)[:169]) + pinged, sum{ping, "cell: " + strings.Repeat("250,01,7B;", 7)[:64] + "…; ", 0}},
		"an answer about its warmth":    {irzOf(12, "\x01\x40\x05\x7B"), sum{"", "temperature: 23 °C; ", 0}},
		"an answer about its cold":      {irzOf(12, "\x01\x40\x05\x3C"), sum{"", "temperature: -40 °C; ", 0}},
		"an answer about the SIM card":  {irzOf(12, "\x01\x40\x0B8970100000000000001\x00"), sum{"", "iccid: 8970100000000000001; ", 0}},
		"an answer between data frames": {pinged + irzOf(12, "\x01\x40\x01\x63") + pinged, sum{ping + ping, "signal: not known; ", 0}},
	} {
		t.Run(name, func(t *testing.T) { decodesTo(t, freshIRZ, c.in, c.want) })
	}
}

func TestIRZEncodes(t *testing.T) {
	wire, n := (&irzFrames{}).Encode([]byte("before"), []byte("\x00\x00\x01\xB0"))
	if n != 4 || string(wire) != "before\xC8\xCA\xCB\xCC\xCD\x01\x00\x04\x00\x00\x01\xB0\r\n" {
		t.Errorf("%d bytes became % x", n, wire)
	}
	if _, n := (&irzFrames{}).Encode(nil, make([]byte, 5000)); n != irzPacket {
		t.Errorf("%d bytes in one frame", n)
	}
	comesBack(t, freshIRZ, []byte(irzOf(1, "x")+strings.Repeat("y", 3*irzPacket)), 5)
}

// The questions come one by one, the first when the modem is on line, and again after hours.
func TestIRZAsks(t *testing.T) {
	a, ok := codec.As[codec.Asker](freshIRZ())
	if !ok {
		t.Fatal("nothing is asked")
	}
	if q, next := a.Ask(); len(q) != 0 || next != irzAskApart {
		t.Errorf("at once: % x, then in %v", q, next)
	}
	for range 2 {
		for i, code := range []byte{1, 2, 4, 5, 11} {
			want := irzAskApart
			if i == 4 {
				want = irzAskEvery
			}
			q, next := a.Ask()
			if string(q) != "\xC8\xCA\xCB\xCC\xCD\x0C\x00\x03\x00\x40"+string([]byte{code})+"\r\n" || next != want {
				t.Errorf("question %d: % x, then in %v", code, q, next)
			}
		}
	}
	if irzAskEvery < time.Hour {
		t.Error("too often for a metered SIM card")
	}
}

// irzPlainly takes a stream apart as it is described, all of it at hand.
func irzPlainly(in []byte) (data []byte, dropped int) {
	for len(in) > 0 {
		i := bytes.Index(in, []byte(irzHeader))
		if i < 0 { // a header may be about to come
			for n := min(len(irzHeader)-1, len(in)); ; n-- {
				if bytes.HasSuffix(in, []byte(irzHeader)[:n]) {
					return data, dropped + len(in) - n
				}
			}
		}
		dropped += i
		if in = in[i:]; len(in) < 8 {
			return data, dropped
		}
		kind, n := in[5], int(binary.BigEndian.Uint16(in[6:]))
		in = in[8:]
		payload := in[:min(n, len(in))]
		in = in[len(payload):]
		switch kind {
		case 1:
			data = append(data, payload...)
		case 2:
		case 12:
			switch _, ok := irzServiceFact(payload); {
			case n > irzServiceMost, len(payload) == n && !ok:
				dropped += len(payload)
			}
		default:
			dropped += len(payload)
		}
		switch {
		case bytes.HasPrefix(in, []byte("\r\n")):
			in = in[2:]
		case string(in) == "\r":
			return data, dropped
		case bytes.HasPrefix(in, []byte("\r")):
			dropped++
			in = in[1:]
		}
	}
	return data, dropped
}

// FuzzIRZFrames: in whatever pieces, data and what is dropped are those of the description.
func FuzzIRZFrames(f *testing.F) {
	f.Add([]byte(irzOf(1, "data")+"garbage"+irzOf(2, irzKeepalive)+irzOf(12, "\x01\x40\x01\x11")), uint8(3))
	f.Add([]byte(irzOf(1, irzHeader)+irzHeader+irzOf(4, "x")+"\r"+irzOf(12, "\x01\x40")), uint8(5))
	f.Add([]byte(irzOf(12, "\x01\x40\x04"+strings.Repeat("x", irzServiceMost))[:20]), uint8(1))
	f.Add([]byte(irzHeader+"\x02\x30\x30\x30"), uint8(1))
	f.Add([]byte("\xC8\xC8\xCA"+irzOf(9, "x")[:8]), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		data, dropped := irzPlainly(in)
		whole := decodeAll(freshIRZ(), in, len(in))
		if whole.data != string(data) || whole.dropped != dropped {
			t.Errorf("%q: %+v, but by the description %q and %d", in, whole, data, dropped)
		}
		for _, n := range []int{1, int(n)%16 + 1} {
			if got := decodeAll(freshIRZ(), in, n); got != whole {
				t.Errorf("%q in pieces of %d: %+v, at once %+v", in, n, got, whole)
			}
		}
	})
}

func FuzzIRZComesBack(f *testing.F) {
	f.Add([]byte(irzOf(1, "data")), uint8(3))
	f.Add(make([]byte, 2*irzPacket+1), uint8(7))
	f.Fuzz(func(t *testing.T, p []byte, n uint8) { comesBack(t, freshIRZ, p, int(n)) })
}

func TestIRZPlain(t *testing.T) {
	type piece struct {
		idle time.Duration
		p    string
	}
	const gap, none, beat = codec.StandsAlone, time.Millisecond, irzKeepalive
	for name, c := range map[string]struct {
		pieces []piece
		held   bool // what has come waits for more
		data   string
	}{
		"among data":                      {[]piece{{gap, "x"}, {none, beat}}, false, "x" + beat},
		"just before the pause is one":    {[]piece{{gap - 1, beat}}, false, beat},
		"data in front of it":             {[]piece{{gap, "x" + beat}}, false, "x" + beat},
		"data behind it at once":          {[]piece{{gap, beat + "x"}}, false, beat + "x"},
		"two at once, and data":           {[]piece{{gap, beat + beat + "x"}}, false, beat + beat + "x"},
		"two at once":                     {[]piece{{gap, beat + beat}}, true, ""},
		"in two writes, data in the last": {[]piece{{gap, beat[:2]}, {none, beat[2:] + "x"}}, false, beat + "x"},
		"a beginning that goes elsewhere": {[]piece{{gap, beat[:4]}, {none, "\xBE"}}, false, beat[:4] + "\xBE"},
		"a beginning and no more":         {[]piece{{gap, beat[:2]}}, true, beat[:2]},
		"the rest comes too late":         {[]piece{{gap, beat[:2]}, {-1, ""}, {gap, beat[2:]}}, false, beat},
		"its end alone":                   {[]piece{{gap, beat[1:]}}, false, beat[1:]},
		"alone":                           {[]piece{{gap, beat}}, true, ""},
		"alone in two writes":             {[]piece{{gap, beat[:2]}, {none, beat[2:]}}, true, ""},
		"alone in five writes":            {[]piece{{gap, beat[:1]}, {none, beat[1:2]}, {none, beat[2:3]}, {none, beat[3:4]}, {none, beat[4:]}}, true, ""},
		"data in a write behind it":       {[]piece{{gap, beat}, {none, "x"}}, false, beat + "x"},
		"data a while behind it":          {[]piece{{gap, beat}, {100 * time.Millisecond, "x"}}, false, "x"},
		"again and again":                 {[]piece{{gap, beat}, {gap, beat}, {gap, beat}}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := holding(t, newIRZPlain(codec.Finding{}))
			var s sum
			for _, p := range c.pieces {
				if p.idle < 0 {
					s.add(h.Release())
					continue
				}
				s.add(h.Decode([]byte(p.p), p.idle))
			}
			if held := h.Holding() > 0; held != c.held {
				t.Errorf("holding: %v, want %v", held, c.held)
			}
			s.add(h.Release())
			if s.data != c.data || s.dropped != 0 || h.Holding() != 0 {
				t.Errorf("%+v, want %q", s, c.data)
			}
		})
	}
}

// FuzzIRZPlain: whatever comes in whatever pieces and pauses, only whole keepalives are missing from it.
func FuzzIRZPlain(f *testing.F) {
	f.Add([]byte(irzKeepalive+irzKeepalive), uint8(255), uint8(4))
	f.Add([]byte("x"+irzKeepalive+"x"), uint8(3), uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, pauses, size uint8) {
		c := holding(t, newIRZPlain(codec.Finding{}))
		var whole []byte
		note := func(d codec.Decoded) {
			for _, b := range d.Beats {
				whole = append(whole, b...)
			}
			whole = append(whole, d.Data...)
		}
		i := 0
		for part := range slices.Chunk(in, int(size)%8+1) {
			idle := time.Duration(0)
			if pauses>>(i%8)&1 == 1 {
				note(c.Release())
				idle = codec.StandsAlone
			}
			note(c.Decode(bytes.Clone(part), idle))
			i++
		}
		if note(c.Release()); !bytes.Equal(whole, in) {
			t.Errorf("%q became %q", in, whole)
		}
	})
}
