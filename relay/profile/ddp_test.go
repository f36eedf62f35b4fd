package profile

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

const (
	phone   = "13900000000"
	another = "13812345678"
)

// Packets as other implementations of DDP give them: the registration with 172.24.106.2 and port 5001, its answer, and "123"
// from the modem in all three forms.
const (
	ddpCalls    = "{\x01\x00\x16" + phone + "\xac\x18\x6a\x02\x13\x89{"
	ddpAnswered = "{\x81\x00\x10" + phone + "{"
	in123       = "{\x09\x00\x13" + phone + "123{"
	apart123    = "{\x09\x00\x10" + phone + "{123"
	behind123   = "{\x09\x00\x13" + phone + "{123"
)

func TestDDPRegistration(t *testing.T) {
	ok := func(data string) outcome { return outcome{verdict: "registered", id: phone, data: data} }
	bad, more := outcome{verdict: RefusedGarbage}, outcome{verdict: "more"}
	check(t, &Profile{Kind: DDP}, nil, map[string]registrationCase{
		"another mark":        {"[\x01\x00\x16", bad},
		"data first":          {"{\x09\x00\x10" + phone + "{", bad},
		"another length":      {"{\x01\x00\x17" + phone, bad},
		"an id with a NUL":    {"{\x01\x00\x16139000\x00", bad},
		"an id with a space":  {"{\x01\x00\x16139000 ", bad},
		"no closing mark":     {ddpCalls[:21] + "}", bad},
		"our own answer":      {ddpAnswered, bad},
		"nothing":             {"", more},
		"all but its end":     {ddpCalls[:21], more},
		"whole":               {ddpCalls, ok("")},
		"a packet behind it":  {ddpCalls + apart123, ok(apart123)},
		"a letter in the id":  {"{\x01\x00\x16" + "DTU-0000001" + "\x00\x00\x00\x00\x00\x00{", outcome{verdict: "registered", id: "DTU-0000001"}},
		"marks in an address": {"{\x01\x00\x16" + phone + "{{{{{{{", ok("")},
	})
	p := &Profile{Kind: DDP}
	reg, _ := p.NewRegistration(nil)
	reg.Feed([]byte(ddpCalls[:10]))
	if reg.Partial() != phone[:6] || reg.Silence().Refused != RefusedUnfinished {
		t.Errorf("partly: %q", reg.Partial())
	}
	reg, _ = p.NewRegistration(nil)
	v := reg.Feed([]byte(ddpCalls))
	if len(v.Facts) != 1 || v.Facts[0] != (wire.Fact{Name: wire.FactAddress, Value: "172.24.106.2:5001"}) {
		t.Errorf("it told %v", v.Facts)
	}
	if got := p.Welcome(&v, time.Time{}); string(got) != ddpAnswered {
		t.Errorf("answered with %q", got)
	}
	for id, ok := range map[string]bool{"": false, "1390000000": false, "139000000000": false, "1390000000\n": false, phone: true} {
		if err := p.CheckID(id); (err == nil) != ok {
			t.Errorf("id %q: %v", id, err)
		}
	}
}

func newDDP() codec.Codec { return ddpFamily.Codec(&Profile{}, &Verdict{ID: phone}, nil) }

func TestDDPDecode(t *testing.T) {
	other := func(s string) string { return strings.ReplaceAll(s, phone, another) }
	const told = "address=172.24.106.2:5001;"
	logout := "{\x02\x00\x10" + phone + "{"
	for name, c := range map[string]struct {
		in   string
		want takenApart
	}{
		"noise":                         {"noise{\x09", takenApart{dropped: 5}},
		"noise, then a packet":          {"\x00{\x09{" + in123, takenApart{data: "123", dropped: 4}},
		"a packet that is too long":     {"{\x09\x04\x11" + phone + "{" + in123, takenApart{data: "123", dropped: 16}},
		"a packet that is too short":    {"{\x09\x00\x0f" + phone + "{" + in123, takenApart{data: "123", dropped: 16}},
		"a header that does not close":  {"{\x09\x00\x10" + phone + "}123" + in123, takenApart{data: "123", dropped: 19}},
		"a packet that does not close":  {in123[:18] + "}" + in123, takenApart{data: "123123", dropped: 1}},
		"noise behind a packet":         {in123 + "xx" + in123, takenApart{data: "123123", dropped: 2}},
		"another's packet":              {other(in123) + in123, takenApart{data: "123", dropped: 19}},
		"another's, apart":              {apart123 + other(apart123) + apart123, takenApart{data: "123123", dropped: 19}},
		"another's registration":        {apart123 + other(ddpCalls) + in123, takenApart{data: "123123", dropped: 22}},
		"another's as data":             {"{\x09\x00\x23" + phone + other(in123) + "{", takenApart{data: other(in123)}},
		"a registration that is none":   {"{\x01\x00\x16" + phone + "\xac\x18\x6a\x02\x13\x89}" + in123, takenApart{data: "123", dropped: 22}},
		"an unknown type":               {"{\x07\x00\x10" + phone + "{" + in123, takenApart{data: "123", dropped: 16}},
		"inside":                        {in123 + in123, takenApart{data: "123123"}},
		"apart":                         {apart123 + apart123, takenApart{data: "123123"}},
		"behind":                        {behind123 + behind123, takenApart{data: "123123"}},
		"in turns":                      {behind123 + apart123 + in123 + behind123[:15] + "456{", takenApart{data: "123123123456"}},
		"a mark in the data, inside":    {in123 + "{\x09\x00\x13" + phone + "{12{", takenApart{data: "123{12"}},
		"a mark in the data, behind":    {behind123 + "{\x09\x00\x13" + phone + "{12{", takenApart{data: "12312{"}},
		"a mark in the first data":      {"{\x09\x00\x13" + phone + "{12{", takenApart{data: "{12"}},
		"a mark in the data, apart":     {"{\x09\x00\x10" + phone + "{1{2\x09{" + apart123, takenApart{data: "1{2\x09{123"}},
		"almost a header in the data":   {"{\x09\x00\x10" + phone + "{" + apart123[:15] + "x", takenApart{data: apart123[:15] + "x"}},
		"no data":                       {"{\x09\x00\x10" + phone + "{" + in123, takenApart{data: "123"}},
		"registered again":              {ddpCalls + in123, takenApart{data: "123", answer: ddpAnswered, facts: told}},
		"registered again, behind data": {apart123 + ddpCalls + ddpCalls, takenApart{data: "123", answer: ddpAnswered + ddpAnswered, facts: told}},
		"logout": {logout, takenApart{
			answer: "{\x82\x00\x10" + phone + "{", events: "logout: the modem logs out [7B02001031333930303030303030307B];",
		}},
		"acknowledged":   {"{\x05\x00\x10" + phone + "{" + in123, takenApart{data: "123"}},
		"not understood": {"{\x04\x00\x10" + phone + "{", takenApart{events: "invalid: the modem did not understand a packet [7B04001031333930303030303030307B];"}},
		"settings":       {"{\x0b\x00\x11" + phone + "x{", takenApart{events: "management: packet of type 0B [7B0B00113133393030303030303030787B];"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sameTakenApart(t, newDDP, []byte(c.in), 7, 0); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// What has been told is not told again.
func TestDDPTellsOnce(t *testing.T) {
	c := ddpFamily.Codec(&Profile{}, &Verdict{ID: phone, Facts: ddpFacts([]byte(ddpCalls))}, nil)
	if d := c.Decode([]byte(ddpCalls), 0); len(d.Facts) > 0 || string(d.Answer) != ddpAnswered {
		t.Errorf("got %+v", d)
	}
	moved := strings.Replace(ddpCalls, "\x13\x89", "\x13\x90", 1)
	if d := c.Decode([]byte(moved), 0); len(d.Facts) != 1 || d.Facts[0].Value != "172.24.106.2:5008" {
		t.Errorf("got %+v", d)
	}
}

// Only what could be a header is held, and only where it could be data for a bounded time.
func TestDDPHolds(t *testing.T) {
	c, _ := newDDP().(*ddp)
	feed := func(s string, held time.Duration, data string) {
		t.Helper()
		if d := c.Decode([]byte(s), 0); string(d.Data) != data || c.Holding() != held {
			t.Errorf("%q became %q, held for %v", s, d.Data, c.Holding())
		}
	}
	feed("{\x09\x00", 0, "") // between packets nothing can be data
	feed("\x10"+phone+"{", 0, "")
	feed("abc{", ddpHold, "abc")
	if d := c.Release(); string(d.Data) != "{" || c.Holding() != 0 {
		t.Errorf("let go: %+v", d)
	}
	feed("{\x01\x00\x16"+phone, 0, "") // certain by now
	if d := c.Release(); len(d.Data)+d.Dropped > 0 {
		t.Errorf("let go: %+v", d)
	}
	feed("\x00\x00\x00\x00\x00\x00{", 0, "")
	c, _ = newDDP().(*ddp)
	feed(behind123[:18], ddpHold, "")
	if d := c.Release(); string(d.Data) != "12" || c.Holding() != 0 {
		t.Errorf("let go: %+v", d)
	}
	feed("3", 0, "3")
}

func TestDDPEncode(t *testing.T) {
	long := bytes.Repeat([]byte("x"), ddpData+1)
	for name, c := range map[string]struct{ shown, want string }{
		"nothing shown": {"", "{\x89\x00\x13" + phone + "123{"},
		"registered":    {ddpCalls, "{\x89\x00\x13" + phone + "123{"},
		"no data shown": {"{\x09\x00\x10" + phone + "{", "{\x89\x00\x13" + phone + "123{"},
		"inside":        {in123, "{\x89\x00\x13" + phone + "123{"},
		"apart":         {apart123, "{\x89\x00\x10" + phone + "{123"},
		"behind":        {behind123, "{\x89\x00\x13" + phone + "{123"},
	} {
		t.Run(name, func(t *testing.T) {
			codec, _ := newDDP().(*ddp)
			codec.Decode([]byte(c.shown), 0)
			if wire, n := codec.Encode(nil, []byte("123")); string(wire) != c.want || n != 3 {
				t.Errorf("got %q, %d, want %q", wire, n, c.want)
			}
			if wire, n := codec.Encode(nil, long); n != ddpData || len(wire) != ddpMost {
				t.Errorf("of %d bytes %d in a packet of %d", len(long), n, len(wire))
			}
		})
	}
}

func FuzzDDPRegistration(f *testing.F) {
	f.Add([]byte(ddpCalls+in123), uint8(3))
	f.Add([]byte("{\x01\x00\x16139"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, n uint8) { samePieces(t, &Profile{Kind: DDP}, nil, in, int(n)) })
}

func FuzzDDPDecode(f *testing.F) {
	for _, s := range []string{
		in123 + ddpCalls, apart123 + "{" + apart123, behind123 + in123, "x{\x02\x00\x10" + phone + "{",
		apart123 + "{\x09\x00\x10" + another + "{456" + in123, "{\x09\x00\x13" + phone + "{12{",
	} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		whole := sameTakenApart(t, newDDP, in, int(n), 0)
		c, _ := newDDP().(*ddp)
		takeApart(t, c, in, len(in)+1, 0)
		if len(whole.data)+whole.dropped+c.packets+len(c.held) != len(in) {
			t.Errorf("%q: %d data, %d dropped, %d in packets, %d held", in, len(whole.data), whole.dropped, c.packets, len(c.held))
		}
	})
}

// FuzzDDPEncode: what is sent to the modem in the form that it has shown would be read from one that sends it.
func FuzzDDPEncode(f *testing.F) {
	f.Add([]byte("{{x{"), uint8(0), uint8(3))
	f.Add(bytes.Repeat([]byte("{"), 3000), uint8(1), uint8(200))
	f.Add([]byte("\x01\x03\x00\x00{"), uint8(2), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, form, n uint8) {
		if bytes.Contains(in, []byte("\x00\x10")) || bytes.Contains(in, []byte("\x00\x16")) || bytes.Contains(in, []byte(phone)) {
			t.Skip("perhaps a header in the data")
		}
		shown := [][]byte{[]byte(in123), []byte(apart123), []byte(behind123)}[form%3]
		codec := func() codec.Codec {
			c := newDDP()
			c.Decode(shown, 0)
			return c
		}
		c, _ := codec().(*ddp)
		var wire []byte
		for rest := in; len(rest) > 0; {
			one, n := c.Encode(nil, rest)
			one[1] &^= ddpDown
			wire, rest = append(wire, one...), rest[n:]
		}
		want := takenApart{data: string(in)}
		if got := sameTakenApart(t, codec, wire, int(n), 0); got != want {
			t.Errorf("%q came back as %+v", in, got)
		}
	})
}
