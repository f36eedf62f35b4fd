package profile

import (
	"strings"
	"testing"

	"meterline/relay/wire"
)

func TestDeclared(t *testing.T) {
	ok := func(id, data string) outcome { return outcome{verdict: "registered", id: id, data: data} }
	bad := func(why string) outcome { return outcome{verdict: why} }
	line := &Profile{Kind: Declared, Registration: tmpl("LOGIN:{id}\r\n")}
	check(t, line, nil, map[string]registrationCase{
		"another prefix":  {"LOGON:1\r\n", bad(RefusedGarbage)},
		"an empty id":     {"LOGIN:\r\n", bad(RefusedGarbage)},
		"binary id":       {"LOGIN:\x01\r\n", bad(RefusedGarbage)},
		"no end":          {"LOGIN:" + strings.Repeat("1", 600), bad(RefusedTooLong)},
		"a part":          {"LOGIN:1001\r", bad("more")},
		"whole":           {"LOGIN:1001\r\n", ok("1001", "")},
		"data behind it":  {"LOGIN:1001\r\n\r\nx", ok("1001", "\r\nx")},
		"CR inside an id": {"LOGIN:10\r1\r\n", bad(RefusedGarbage)},
	})
	hongdian := &Profile{Kind: Declared, Registration: tmpl("hex:7B 01 00 16 {id:11} 7B"), IDPattern: `\d+`}
	check(t, hongdian, nil, map[string]registrationCase{
		"pattern":        {"\x7b\x01\x00\x161234567890x{", bad(RefusedGarbage)},
		"another suffix": {"\x7b\x01\x00\x1612345678901}", bad(RefusedGarbage)},
		"whole":          {"\x7b\x01\x00\x1612345678901{\x00", ok("12345678901", "\x00")},
	})
	phone := &Profile{Kind: Declared, Registration: tmpl("{id:4}"), IDFormat: wire.IDHex}
	check(t, phone, nil, map[string]registrationCase{
		"hex": {"\x78\x56\x34\x1213066668888\x00", ok("78563412", "13066668888\x00")},
	})
	told := &Profile{Kind: Declared, Registration: tmpl("IMEI={id};CSQ={signal};{*}\r\n")}
	check(t, told, nil, map[string]registrationCase{
		"no signal":       {"IMEI=861234567890123;\r\n", bad("more")},
		"an empty id":     {"IMEI=;CSQ=17;x\r\n", bad(RefusedGarbage)},
		"places and data": {"IMEI=861234567890123;CSQ=17;\xff\r\n\r\n", ok("861234567890123", "\r\n")},
	})
	reg, _ := told.NewRegistration(nil)
	if v := reg.Feed([]byte("IMEI=1;CSQ=17;x\r\n")); len(v.Facts) != 1 || v.Facts[0] != (wire.Fact{Name: wire.FactSignal, Value: "17"}) {
		t.Errorf("it tells %v", v.Facts)
	}
	ddp := &Profile{Kind: Declared, Registration: tmpl("hex:7B 01 00 16 {id:11} {*:6} 7B")}
	check(t, ddp, nil, map[string]registrationCase{
		"another end": {"\x7b\x01\x00\x1613912345678abcdef}", bad(RefusedGarbage)},
		"whole":       {"\x7b\x01\x00\x1613912345678abcdef{\x00", ok("13912345678", "\x00")},
	})
	bcd := &Profile{Kind: Declared, Registration: tmpl("hex:68 {id:3} 16"), IDFormat: wire.IDBCD}
	check(t, bcd, nil, map[string]registrationCase{
		"no digits": {"\x68\x12\x3a\x45\x16", bad(RefusedGarbage)},
		"padded":    {"\x68\x12\x34\x5f\x16x", ok("12345", "x")},
	})
	small := &Profile{Kind: Declared, Registration: tmpl("{id}\n"), RegistrationMax: 4}
	check(t, small, nil, map[string]registrationCase{
		"longer than declared":  {"1234\n", bad(RefusedTooLong)},
		"as long as declared":   {"123\n456", ok("123", "456")},
		"too long by its start": {"12345", bad(RefusedTooLong)},
	})
	large := &Profile{Kind: Declared, Registration: tmpl("{*};{id}\n"), RegistrationMax: 2000}
	check(t, large, nil, map[string]registrationCase{
		"larger than usual": {strings.Repeat("x", 1900) + ";1\n", ok("1", "")},
	})
	partly := &Profile{Kind: Declared, Registration: tmpl("{id:4}"), IDPattern: `1|12`}
	check(t, partly, nil, map[string]registrationCase{"the whole id must match": {"1234", bad(RefusedGarbage)}})
}

func FuzzDeclared(f *testing.F) {
	f.Add([]byte("LOGIN:1001\r\nx"), "LOGIN:{id}\r\n", uint8(0), uint8(3))
	f.Add([]byte("\x7b\x01\x00\x1612345678901{\x00"), "hex:7B 01 00 16 {id:11} 7B", uint8(1), uint8(2))
	f.Add([]byte("IMEI=861234567890123;CSQ=17;x\r\ndata"), "IMEI={id};CSQ={signal};{*}\r\n", uint8(0), uint8(5))
	f.Add([]byte("\x86\x12\x34\x5f\x01"), "hex:{id:4}", uint8(3), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, registration string, format, n uint8) {
		tm, err := wire.ParseTemplate(registration)
		if err != nil {
			t.Skip("no template")
		}
		p := &Profile{Kind: Declared, Registration: tm, IDFormat: wire.IDFormats[int(format)%len(wire.IDFormats)]}
		if p.Validate() != nil {
			t.Skip("not a profile")
		}
		samePieces(t, p, nil, in, int(n))
		o := run(t, p, nil, in, len(in)+1)
		if o.verdict != "registered" {
			return
		}
		if err := p.CheckID(o.id); err != nil {
			t.Errorf("registered as %q, which a configuration may not have: %v", o.id, err)
		}
		wire, err := p.IDFormat.Read(o.id, p.idLength())
		if text, ok := p.IDFormat.Write(wire); err != nil || !ok || text != o.id {
			t.Errorf("%q is sent as %x, which is %q", o.id, wire, text)
		}
	})
}
