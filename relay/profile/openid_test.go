package profile

import (
	"strings"
	"testing"
	"time"

	"meterline/relay/wire"
)

// An id without length or end ends with silence, with a line end, or with what belongs to no id; a known one ends soon.
func TestIDWithoutEnd(t *testing.T) {
	p := declares(Profile{Registration: tmpl("LOGIN:{id}")})
	ids := phoneBook(&p, "1001", "10015", "meter_7-a")
	ok := func(id, data string) lineOutcome { return lineOutcome{verdict: "registered", id: id, data: data} }
	soon := func(id string) lineOutcome {
		return lineOutcome{verdict: "registered", id: id, wait: lineEndWait}
	}
	late := func(id string) lineOutcome {
		return lineOutcome{verdict: "registered", id: id, wait: restOfLine}
	}
	bad := func(why string) lineOutcome { return lineOutcome{verdict: why} }
	checkLines(t, &p, ids, map[string]lineCase{
		"another front":          {"LOGON:1001", bad(RefusedGarbage)},
		"no id":                  {"LOGIN:\r\n", bad(RefusedGarbage)},
		"nothing yet":            {"LOGIN:", bad("more")},
		"without an end":         {"LOGIN:" + strings.Repeat("1", 600), bad(RefusedTooLong)},
		"unknown":                {"LOGIN:1002", late("1002")},
		"a character more":       {"LOGIN:meter_7-ab", late("meter_7-ab")},
		"a beginning":            {"LOGIN:meter_7", late("meter_7")},
		"known, may be longer":   {"LOGIN:1001", late("1001")},
		"known, and no longer":   {"LOGIN:10015", soon("10015")},
		"known, of all kinds":    {"LOGIN:meter_7-a", soon("meter_7-a")},
		"a line":                 {"LOGIN:1001\r\nx", ok("1001", "x")},
		"a line with CR":         {"LOGIN:1001\r", ok("1001", "")},
		"a line with LF":         {"LOGIN:1001\n\r", ok("1001", "\r")},
		"data behind it":         {"LOGIN:1001\x01\x03", ok("1001", "\x01\x03")},
		"data and what ended it": {"LOGIN:1001/ABC\r\n", ok("1001", "/ABC\r\n")},
	})
	guarded := declares(Profile{Registration: tmpl("{secret};{id}")})
	checkLines(t, &guarded, phoneBook(&guarded, "1001"), map[string]lineCase{
		"known, with a secret":   {"Sesam;1001", late("1001")},
		"unknown, with a secret": {"Sesam;1002", late("1002")},
	})
	bare := declares(Profile{Registration: tmpl("{id}"), IDPattern: "[0-9]{4}"})
	checkLines(t, &bare, phoneBook(&bare, "1001"), map[string]lineCase{
		"not by the pattern": {"100\r\n", bad(RefusedGarbage)},
		"bare":               {"1001", soon("1001")},
		"bare, unknown":      {"1002", late("1002")},
	})
	told := declares(Profile{Registration: tmpl("hex:{signal:1} AA {id}")})
	checkLines(t, &told, phoneBook(&told, "1001"), map[string]lineCase{
		"a fact in front": {"\x07\xaa1001\r\n", lineOutcome{verdict: "registered", id: "1001", facts: "signal 07;"}},
	})
	for name, c := range map[string]struct {
		p    Profile
		want string
	}{
		"before every packet": {declares(Profile{Registration: tmpl("LOGIN:{id}"), Repeat: EveryPacket}), "none comes before a packet"},
		"raw bytes":           {declares(Profile{Registration: tmpl("LOGIN:{id}"), IDFormat: wire.IDHex}), "nothing says where {id} ends"},
		"behind an open fact": {declares(Profile{Registration: tmpl("{signal}{id}")}), "nothing says where {signal} ends"},
		"a fact at the end":   {declares(Profile{Registration: tmpl("{id:4}{signal}")}), "nothing says where {signal} ends"},
	} {
		if err := c.p.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := p.CheckID("10.01"); err == nil || !strings.Contains(err.Error(), "only letters, digits") {
		t.Errorf("an id that ends before its end: %v", err)
	}
}

// Ids in fields of fixed length come without what fills the field.
func TestPaddedIDs(t *testing.T) {
	nul, ff, blank := strings.Repeat("\x00", 12), strings.Repeat("\xff", 12), strings.Repeat(" ", 12)
	fixed := declares(Profile{Registration: tmpl("hex:AA 55 {id:16} 0D")})
	ok := func(id string) lineOutcome { return lineOutcome{verdict: "registered", id: id} }
	bad := lineOutcome{verdict: RefusedGarbage}
	checkLines(t, &fixed, phoneBook(&fixed, "1234"), map[string]lineCase{
		"nothing but padding":  {"\xaa\x55" + nul + nul[:4] + "\r", bad},
		"padding inside":       {"\xaa\x5512\x0034" + nul[1:] + "\r", bad},
		"NUL behind":           {"\xaa\x551234" + nul + "\r", ok("1234")},
		"NUL in front":         {"\xaa\x55" + nul + "1234\r", ok("1234")},
		"FF behind":            {"\xaa\x551234" + ff + "\r", ok("1234")},
		"FF in front":          {"\xaa\x55" + ff + "1234\r", ok("1234")},
		"spaces behind":        {"\xaa\x551234" + blank + "\r", ok("1234")},
		"spaces in front":      {"\xaa\x55" + blank + "1234\r", ok("1234")},
		"on both sides, mixed": {"\xaa\x55" + nul[:3] + blank[:3] + "1234" + ff[:5] + nul[:1] + "\r", ok("1234")},
		"none":                 {"\xaa\x551234567890123456\r", ok("1234567890123456")},
	})
	raw := declares(Profile{Registration: tmpl("hex:AA {id:4} 0D"), IDFormat: wire.IDHex})
	checkLines(t, &raw, phoneBook(&raw, "1234"), map[string]lineCase{"raw bytes": {"\xaa\x12\x34\x00\xff\r", ok("123400ff")}})
	bcd := declares(Profile{Registration: tmpl("hex:AA {id:4} 0D"), IDFormat: wire.IDBCD})
	checkLines(t, &bcd, phoneBook(&bcd, "1234"), map[string]lineCase{
		"digits behind":    {"\xaa\xff\xff\x12\x34\r", ok("1234")},
		"digits in front":  {"\xaa\x12\x3f\xff\xff\r", ok("123")},
		"zeros are digits": {"\xaa\x00\x00\x12\x34\r", ok("00001234")},
	})
	for id, want := range map[string]string{"12345678901234567": "has 17 bytes", "1234": "", "1234567890123456": ""} {
		if err := fixed.CheckID(id); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if err := raw.CheckID("1234"); err == nil {
		t.Error("raw bytes that are too few may be configured")
	}
	answering := declares(Profile{Registration: tmpl("ID{id:6};"), Answer: tmpl("OK{id}")})
	reg, _ := answering.NewRegistration(nil)
	v := reg.Feed([]byte("ID1234\x00\x00;"))
	if got := string(answering.Welcome(&v, time.Time{})); got != "OK1234\x00\x00" {
		t.Errorf("answered with %q", got)
	}
}
