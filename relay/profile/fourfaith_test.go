package profile

import (
	"bytes"
	"strings"
	"testing"

	"meterline/relay/codec"
)

const fourFaithHello = "\x78\x56\x34\x1213066668888\x00\xC0\xA8\x01\x42\x00"

func TestFourFaith(t *testing.T) {
	ok := func(data string) outcome { return outcome{verdict: "registered", id: "13066668888", data: data} }
	bad := func(why string) outcome { return outcome{verdict: why} }
	check(t, &Profile{Kind: FourFaith}, nil, map[string]registrationCase{
		"nothing":               {"", bad("more")},
		"a web browser":         {"GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n", bad(RefusedGarbage)},
		"a TLS hello":           {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("5", 20), bad(RefusedGarbage)},
		"SSH":                   {"SSH-2.0-OpenSSH_9.6\r\n", bad(RefusedGarbage)},
		"digits throughout":     {strings.Repeat("7", 21), bad(RefusedGarbage)},
		"zeros throughout":      {strings.Repeat("\x00", 21), bad(RefusedGarbage)},
		"a letter in the phone": {"\x78\x56\x34\x121306666888x\x00\xC0\xA8\x01\x42\x00", bad(RefusedGarbage)},
		"a shorter phone":       {"\x78\x56\x34\x121306666888\x00\x00\xC0\xA8\x01\x42\x00", bad(RefusedGarbage)},
		"no zero behind it":     {"\x78\x56\x34\x1213066668888\x01\xC0\xA8\x01\x42\x00", bad(RefusedGarbage)},
		"no zero at its end":    {"\x78\x56\x34\x1213066668888\x00\xC0\xA8\x01\x42\x01", bad(RefusedGarbage)},
		"without its last byte": {fourFaithHello[:20], bad("more")},
		"as published":          {fourFaithHello, ok("")},
		"an ID of digits":       {"1234" + fourFaithHello[4:], ok("")},
		"data behind it":        {fourFaithHello + "\x00data", ok("\x00data")},
		"a heartbeat behind it": {fourFaithHello + "\xFE", ok("\xFE")}, // for the codec
	})
}

func TestFourFaithTells(t *testing.T) {
	if got := factsOf(t, FourFaith, fourFaithHello); got != "phone: 13066668888; address: 192.168.1.66; " {
		t.Errorf("told %s", got)
	}
	if got := factsOf(t, FourFaith, fourFaithHello[:16]+"\x00\x00\x00\x00\x00"); got != "phone: 13066668888; " {
		t.Errorf("told %s", got)
	}
	reg := &fourFaith{}
	if v := reg.Feed([]byte(fourFaithHello[:7])); v.Done || reg.Partial() != "130" {
		t.Errorf("%+v, shown as %q", v, reg.Partial())
	}
	if reg.Silence().Refused != RefusedUnfinished || (&fourFaith{}).Partial() != "" {
		t.Error("silence and nothing")
	}
}

func TestFourFaithID(t *testing.T) {
	p := &Profile{Kind: FourFaith}
	for id, ok := range map[string]bool{
		"": false, "1306666888": false, "130666688889": false, "1306666888x": false, "7856341": false, "ABcd0123": false, "7856341g": false,
		"13066668888": true, "78563412": true, "abcdef01": true, "ABCDEF01": true,
	} {
		if err := p.CheckID(id); (err == nil) != ok {
			t.Errorf("id %q: %v", id, err)
		}
	}
	v := (&fourFaith{}).Feed([]byte("\xAB\xCD\xEF\x01" + fourFaithHello[4:]))
	for _, id := range []string{"13066668888", "abcdef01", "ABCDEF01"} {
		if w := v; !p.Identify(phoneBook(p, id), &w) || w.ID != id {
			t.Errorf("%s is known as %q", id, w.ID)
		}
	}
}

func freshFourFaith() codec.Codec { return &fourFaithCodec{} }

func TestFourFaithCodec(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want sum
	}{
		"FD and another byte":      {"a\xFDb", sum{"ab", "", 1}},
		"FD and a heartbeat":       {"a\xFD\xFEb", sum{"ab", "", 1}},
		"FD FD ED":                 {"\xFD\xFD\xED", sum{"\xFD", "", 1}},
		"FD FD FD":                 {"\xFD\xFD\xFD", sum{"", "", 2}},
		"FD at the end":            {"a\xFD", sum{"a", "", 0}},
		"heartbeats everywhere":    {"\xFEa\xFE\xFEb\xFE", sum{"ab", "", 0}},
		"a heartbeat alone":        {"\xFE", sum{"", "", 0}},
		"escaped":                  {"\xFD\xED\xFD\xEE", sum{"\xFD\xFE", "", 0}},
		"what stands for escaped":  {"\xED\xEE", sum{"\xED\xEE", "", 0}},
		"escaped twice":            {"\xFD\xED\xED", sum{"\xFD\xED", "", 0}},
		"nothing to be taken away": {"\x00\x00\x01\xB0", sum{"\x00\x00\x01\xB0", "", 0}},
	} {
		t.Run(name, func(t *testing.T) { decodesTo(t, freshFourFaith, c.in, c.want) })
	}
	wire, n := (&fourFaithCodec{}).Encode([]byte("\xFD"), []byte("\xFD\xFEx\xED"))
	if n != 4 || string(wire) != "\xFD\xFD\xED\xFD\xEEx\xED" {
		t.Errorf("%d bytes became % x", n, wire)
	}
	comesBack(t, freshFourFaith, bytes.Repeat([]byte("\xFD\xFE\xED\xEE"), fourFaithPacket), 3)
}

func FuzzFourFaith(f *testing.F) {
	f.Add([]byte(fourFaithHello+"data"), uint8(3))
	f.Add([]byte("1234"+fourFaithHello[4:]), uint8(1))
	p := &Profile{Kind: FourFaith}
	f.Fuzz(func(t *testing.T, in []byte, n uint8) { samePieces(t, p, nil, in, int(n)) })
}

// FuzzFourFaithCodec: in whatever pieces, every byte is data, half of an escape, a heartbeat, or counted.
func FuzzFourFaithCodec(f *testing.F) {
	f.Add([]byte("a\xFD\xED\xFE\xFD\xEE\xFDb\xFD"), uint8(3))
	f.Add([]byte("\xFD\xFD\xFE"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		whole := decodeAll(freshFourFaith(), in, len(in))
		for _, n := range []int{1, int(n)%16 + 1} {
			if got := decodeAll(freshFourFaith(), in, n); got != whole {
				t.Errorf("%q in pieces of %d: %+v, at once %+v", in, n, got, whole)
			}
		}
		escapes := bytes.Count(in, []byte("\xFD\xED")) + bytes.Count(in, []byte("\xFD\xEE"))
		waiting := 0
		if bytes.HasSuffix(in, []byte("\xFD")) {
			waiting = 1
		}
		if n := len(whole.data) + whole.dropped + escapes + bytes.Count(in, []byte("\xFE")) + waiting; n != len(in) {
			t.Errorf("%q became %+v: %d bytes of %d are accounted for", in, whole, n, len(in))
		}
	})
}

func FuzzFourFaithComesBack(f *testing.F) {
	f.Add([]byte("a\xFD\xED\xFE\xEE"), uint8(3))
	f.Fuzz(func(t *testing.T, p []byte, n uint8) { comesBack(t, freshFourFaith, p, int(n)) })
}
