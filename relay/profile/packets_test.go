package profile

import (
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
)

func packed(f codec.Framing, beats ...string) Profile {
	p := declares(Profile{Registration: tmpl("{id};"), Framing: f})
	for _, b := range beats {
		p.Heartbeats = append(p.Heartbeats, codec.Heartbeat{Bytes: tmpl(b), Answer: tmpl("!")})
	}
	return p
}

// enveloped is the encapsulation of a family that has a codec of its own, by declared rules.
var enveloped = codec.Framing{In: tmpl("hex:C8 CA CB CC CD 01 {length:2} {data} 0D 0A"), Out: tmpl("hex:C8 CA CB CC CD 01 {length:2} {data} 0D 0A")}

func TestFramingRules(t *testing.T) {
	for name, c := range map[string]struct {
		p    Profile
		want string
	}{
		"unknown counts":       {packed(codec.Framing{In: enveloped.In, Counts: "bits"}), `length_counts: "bits" is unknown`},
		"counts nothing":       {packed(codec.Framing{Counts: codec.CountsData}), "length_counts: it belongs to packets"},
		"out only":             {packed(codec.Framing{Out: enveloped.Out}), "packet_out: it stands without packet_in"},
		"no length":            {packed(codec.Framing{In: tmpl("x{data}")}), "packet_in: write {length:2} once"},
		"no data":              {packed(codec.Framing{In: tmpl("x{length:2}")}), "{data} once"},
		"length behind":        {packed(codec.Framing{In: tmpl("{data}{length:2}")}), "stands behind {data}"},
		"facts in packets":     {packed(codec.Framing{In: tmpl("{signal:1}{length:2}{data}")}), ""},
		"facts without an end": {packed(codec.Framing{In: tmpl("{signal}x{length:2}{data}")}), "packet_in: nothing says where {signal} ends"},
		"a date in packets":    {packed(codec.Framing{In: tmpl("{date:YY}{length:2}{data}")}), "packet_in: {date} cannot be read there"},
		"endless":              {packed(codec.Framing{In: tmpl("{*}x{length:2}{data}")}), "nothing says where {*} ends"},
		"anything out":         {packed(codec.Framing{In: enveloped.In, Out: tmpl("{*:1}{length:2}{data}")}), "packet_out: {*} repeats what never comes"},
		"no room":              {packed(codec.Framing{In: enveloped.In, Out: tmpl("{length:1}{data}" + strings.Repeat("x", 255)), Counts: codec.CountsPacket}), "no room for data"},
		"a beat like it":       {packed(enveloped, "hex:C8 CA CB CC CD 01 00"), "heartbeat 1 begins like packet_in"},
		"an unknown id":        {declares(Profile{Framing: ddpPackets}), "no registration that tells it"},
		"as published":         {packed(enveloped, "hex:C8 CA CB CC CD 02 00 05 B5 BC BD BE BF 0D 0A"), ""},
		"one way":              {packed(codec.Framing{In: enveloped.In}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.p.Validate()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestFraming(t *testing.T) {
	const head, beat = "\xc8\xca\xcb\xcc\xcd\x01\x00", "\xc8\xca\xcb\xcc\xcd\x02\x00\x05\xb5\xbc\xbd\xbe\xbf\r\n"
	checkPacking(t, packed(enveloped, "hex:C8 CA CB CC CD 02 00 05 B5 BC BD BE BF 0D 0A"), "1", nil, map[string]packingCase{
		"garbage before it":     {[]arrival{{0, "xyz" + head + "\x01a\r\n"}}, taken{data: "a", dropped: 3}},
		"half a head":           {[]arrival{{0, head[:3] + head + "\x01a\r\n"}}, taken{data: "a", dropped: 3}},
		"another end":           {[]arrival{{0, head + "\x01a\rx" + head + "\x01b\r\n"}}, taken{data: "ab", dropped: 2}},
		"a packet for the end":  {[]arrival{{0, head + "\x01a" + head + "\x01b\r\n"}}, taken{data: "ab"}},
		"a head in the data":    {[]arrival{{0, head + "\x08" + head + "\x01\r\n"}}, taken{data: head + "\x01"}},
		"a beat in the data":    {[]arrival{{0, head + "\x0f" + beat + "\r\n"}}, taken{data: beat}},
		"in pieces with pauses": {[]arrival{{0, head[:4]}, {time.Second, head[4:] + "\x02a"}, {time.Second, "b\r"}, {time.Second, "\n"}}, taken{data: "ab"}},
		"empty":                 {[]arrival{{0, head + "\x00\r\n" + head + "\x01a\r\n"}}, taken{data: "a"}},
		"heartbeats between":    {[]arrival{{0, beat + head + "\x01a\r\n" + beat}}, taken{data: "a", answer: "!!", beats: 30}},
		"the published example": {[]arrival{{0, head + "\x04\x00\x00\x01\xb0\r\n"}}, taken{data: "\x00\x00\x01\xb0"}},
	})
	whole := codec.Framing{In: tmpl("hex:7B 09 {length:2} {id} 7B {data}"), Counts: codec.CountsPacket}
	checkPacking(t, packed(whole), "12", nil, map[string]packingCase{
		"too short to be":  {[]arrival{{0, "\x7b\x09\x00\x06\x31\x32\x7b"}}, taken{dropped: 6}}, // the last may begin one
		"another's packet": {[]arrival{{0, "\x7b\x09\x00\x08\x31\x33\x7ba"}}, taken{dropped: 8}},
		"counted whole":    {[]arrival{{0, "\x7b\x09\x00\x09\x31\x32\x7bab"}}, taken{data: "ab"}},
	})
	rest := codec.Framing{In: tmpl("{*:1}{length:2:le}{*:2}{data}{*:1}"), Counts: codec.CountsRest}
	checkPacking(t, packed(rest), "12", nil, map[string]packingCase{
		"what follows the length, low byte first": {[]arrival{{0, "?\x05\x00..ab+"}}, taken{data: "ab"}},
	})
}

// Data is handed on before its packet is whole, and what we send is cut to what a packet may hold.
func TestFramingSizes(t *testing.T) {
	c := codecOf(t, packed(enveloped), "1", nil)
	if d := c.Decode([]byte("\xc8\xca\xcb\xcc\xcd\x01\x00\x09ab"), 0); string(d.Data) != "ab" {
		t.Errorf("got %q", d.Data)
	}
	for name, c := range map[string]struct {
		p    Profile
		room int
	}{
		"by default":        {packed(enveloped), 1024},
		"as declared":       {func() Profile { p := packed(enveloped); p.PacketMax = 7; return p }(), 7},
		"by a small length": {packed(codec.Framing{In: enveloped.In, Out: tmpl("<{length:1}{data}>"), Counts: codec.CountsPacket}), 252},
	} {
		enc, ok := codec.As[codec.Encoder](codecOf(t, c.p, "1", nil))
		if !ok {
			t.Fatal("it does not encode")
		}
		if _, n := enc.Encode(nil, make([]byte, 5000)); n != c.room {
			t.Errorf("%s: %d bytes in a packet, want %d", name, n, c.room)
		}
	}
	if enc, ok := codec.As[codec.Encoder](codecOf(t, packed(codec.Framing{In: enveloped.In}), "1", nil)); ok {
		t.Errorf("%T packs what is sent as it is", enc)
	}
}

// FuzzFraming: what is encoded comes back, and of what comes nothing is unaccounted for.
func FuzzFraming(f *testing.F) {
	f.Add([]byte("\xc8\xca\xcb\xcc\xcd\x01\x00\x02ab\r\nPINGx"), uint8(3), uint16(2), false)
	f.Add([]byte("\x05\x00ab"), uint8(1), uint16(0), true)
	f.Fuzz(func(t *testing.T, in []byte, size uint8, most uint16, little bool) {
		p := packed(enveloped, "PING")
		p.Framing.Counts = []codec.Counts{codec.CountsData, codec.CountsPacket, codec.CountsRest}[size%3]
		if little {
			p.Framing.In, p.Framing.Out = tmpl("<{length:2:le}{id}{data}"), tmpl("<{length:2:le}{id}{data}")
		}
		p.PacketMax = int(most)
		if got := crossing(t, codecOf(t, p, "12", nil), in, int(size)); got.data != string(in) || got.dropped+got.beats > 0 {
			t.Errorf("%q came back as %+v", in, got)
		}
		c := codecOf(t, p, "12", nil)
		whole := through(c, []arrival{{0, string(in)}})
		if again := through(codecOf(t, p, "12", nil), byteByByte([]arrival{{0, string(in)}})); again != whole {
			t.Errorf("%q: %+v at once, %+v byte by byte", in, whole, again)
		}
		if n := len(whole.data) + whole.beats + whole.dropped; n > len(in) || !within([]byte(whole.data), in) {
			t.Errorf("%q: %+v", in, whole)
		}
	})
}
