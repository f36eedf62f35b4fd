package profile

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
)

func escaped(e codec.Escape, beats ...string) Profile {
	p := declares(Profile{Escape: e})
	for _, b := range beats {
		p.Heartbeats = append(p.Heartbeats, codec.Heartbeat{Bytes: tmpl(b), Answer: tmpl("!")})
	}
	return p
}

func TestEscapeRules(t *testing.T) {
	for name, c := range map[string]struct {
		p    Profile
		want string
	}{
		"a byte twice":           {escaped(codec.Escape{Bytes: []codec.Escaped{{Byte: 1, As: []byte("\x01a")}, {Byte: 1, As: []byte("\x01b")}}}), "stands twice"},
		"one for one":            {escaped(codec.Escape{Bytes: []codec.Escaped{{Byte: 1, As: []byte("a")}}}), "sent as 1 bytes"},
		"alike":                  {escaped(codec.Escape{Bytes: []codec.Escaped{{Byte: 1, As: []byte("\x01a")}, {Byte: 2, As: []byte("\x01ab")}}}), "cannot be told from one another"},
		"an unescaped escape":    {escaped(codec.Escape{Bytes: []codec.Escaped{{Byte: 0xFE, As: []byte("\xfd\xee")}}}), "FD begins what stands for FE, and is not escaped itself"},
		"frames that data holds": {escaped(codec.Escape{Bytes: protEscape.Bytes, End: []byte{0xC0}}), "frame_end: data may hold C0"},
		"a long edge":            {escaped(codec.Escape{Bytes: protEscape.Bytes, End: []byte{0xFE, 0xFE}}), "write one"},
		"an edge in an escape":   {escaped(codec.Escape{Bytes: []codec.Escaped{{Byte: 0xC0, As: []byte{0xDB, 0xC0}}, {Byte: 0xDB, As: []byte{0xDB, 1}}}, End: []byte{0xC0}}), "the frame could not be told"},
		"beats alike":            {escaped(protEscape, "hex:FE", "hex:FE 01"), "heartbeat 1 is the beginning of heartbeat 2"},
		"a beat that is changed": {escaped(protEscape, "hex:4C FE"), "may hold bytes that escape changes"},
		"none":                   {escaped(codec.Escape{}), "says nothing"},
		"as published":           {escaped(protEscape, "hex:FE", "LOG"), ""},
		"frames":                 {escaped(slip, "hex:C0 01 C2", "LOG"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.p.Validate()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestEscape(t *testing.T) {
	checkPacking(t, escaped(protEscape, "hex:FE", "LOG"), "", nil, map[string]packingCase{
		"an unknown escape":            {[]arrival{{0, "a\xfdb"}}, taken{data: "ab", dropped: 1}},
		"an escape of an escape":       {[]arrival{{0, "\xfd\xfd\xee"}}, taken{data: "\xfe", dropped: 1}},
		"a text that may be data":      {[]arrival{{0, "aLOG"}, {time.Millisecond, "LOG"}}, taken{data: "aLOGLOG"}},
		"escaped":                      {[]arrival{{0, "a\xfd\xedb\xfd\xeec"}}, taken{data: "a\xfdb\xfec"}},
		"an escape in pieces":          {[]arrival{{0, "a\xfd"}, {time.Second, "\xed"}}, taken{data: "a\xfd"}},
		"a heartbeat amidst":           {[]arrival{{0, "a\xfeb"}}, taken{data: "ab", answer: "!", beats: 1}},
		"a text that stands alone":     {[]arrival{{0, "a"}, {time.Second, "LOG"}}, taken{data: "a", answer: "!", beats: 3}},
		"a heartbeat behind an escape": {[]arrival{{0, "\xfd\xee\xfe"}}, taken{data: "\xfe", answer: "!", beats: 1}},
	})
	checkPacking(t, escaped(slip, "hex:C0 01 C2", "LOG"), "", nil, map[string]packingCase{
		"outside of frames":       {[]arrival{{0, "ab\xc0c\xc2d"}}, taken{data: "c", dropped: 3}},
		"an end alone":            {[]arrival{{0, "\xc2\xc0c\xc2"}}, taken{data: "c", dropped: 1}},
		"a lost end":              {[]arrival{{0, "\xc0a\xc0b\xc2"}}, taken{data: "ab"}},
		"half a heartbeat":        {[]arrival{{0, "LO\xc0a\xc2"}}, taken{data: "a", dropped: 2}},
		"a heartbeat in a frame":  {[]arrival{{0, "\xc0LOG\xc2"}}, taken{data: "LOG"}},
		"an empty frame":          {[]arrival{{0, "\xc0\xc2"}}, taken{}},
		"a frame like a beat":     {[]arrival{{0, "\xc0\x01a\xc2"}}, taken{data: "\x01a"}},
		"frames":                  {[]arrival{{0, "\xc0a\xc4\xc4\xc4"}, {time.Second, "\xc1b\xc2\xc0c\xc2"}}, taken{data: "a\xc4\xc0bc"}},
		"heartbeats between them": {[]arrival{{0, "LOG\xc0a\xc2LOG\xc0\x01\xc2"}}, taken{data: "a", answer: "!!!", beats: 9}},
	})
	flag := codec.Escape{Bytes: []codec.Escaped{{Byte: 0x7E, As: []byte{0x7D, 0x5E}}, {Byte: 0x7D, As: []byte{0x7D, 0x5D}}}, Start: []byte{0x7E}, End: []byte{0x7E}}
	checkPacking(t, escaped(flag), "", nil, map[string]packingCase{
		"one flag between two": {[]arrival{{0, "\x7ea\x7eb\x7d\x5e\x7e"}}, taken{data: "ab\x7e"}},
	})
}

// Data is handed on before its frame is whole.
func TestEscapeHandsOn(t *testing.T) {
	c := codecOf(t, escaped(slip), "", nil)
	if d := c.Decode([]byte("\xc0ab"), 0); string(d.Data) != "ab" {
		t.Errorf("got %q", d.Data)
	}
}

// FuzzEscape: what is encoded comes back, and of what comes every byte is data, a part of the frame, a heartbeat or dropped.
func FuzzEscape(f *testing.F) {
	f.Add([]byte("a\xfd\xedb\xfe\xc0\xc2\xc4\xc4"), uint8(3), uint16(2))
	f.Add([]byte("\xc0LOG\xc2LOG"), uint8(1), uint16(0))
	f.Fuzz(func(t *testing.T, in []byte, size uint8, most uint16) {
		for _, p := range []Profile{escaped(protEscape, "hex:FE"), escaped(slip, "LOG"), escaped(codec.Escape{Bytes: slip.Bytes, End: []byte{0xC0}})} {
			p.PacketMax = int(most)
			if got := crossing(t, codecOf(t, p, "", nil), in, int(size)); got.data != string(in) || got.dropped+got.beats > 0 {
				t.Errorf("%q came back as %+v", in, got)
			}
			c := codecOf(t, p, "", nil)
			whole := through(c, []arrival{{0, string(in)}})
			if again := through(codecOf(t, p, "", nil), byteByByte([]arrival{{0, string(in)}})); again != whole {
				t.Errorf("%q: %+v at once, %+v byte by byte", in, whole, again)
			}
			pending, _ := codec.As[codec.Pender](c)
			marks := overhead(p.Escape, in, whole)
			if n := len(whole.data) + whole.beats + whole.dropped + pending.Pending(); n+marks < len(in) || n > len(in) {
				t.Errorf("%q: %+v and %d held: %d of %d bytes", in, whole, pending.Pending(), n, len(in))
			}
		}
	})
}

// overhead is how many bytes at most are escapes and edges of frames.
func overhead(e codec.Escape, in []byte, got taken) int {
	edges := 0
	for _, c := range in {
		if slices.Contains(e.Start, c) || slices.Contains(e.End, c) {
			edges++
		}
	}
	escaped := 0
	for _, s := range e.Bytes {
		escaped += bytes.Count([]byte(got.data), []byte{s.Byte})
	}
	return edges + escaped
}
