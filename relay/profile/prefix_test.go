package profile

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

var zlan = declares(Profile{
	Registration: tmpl("hex:FA 07 13 02 FA 02 {id:6} FA FF"), IDFormat: wire.IDHexReversed, Packet: tmpl("hex:FA 01 01"),
	Heartbeats: []codec.Heartbeat{{Bytes: tmpl("hex:00"), Answer: tmpl("!")}},
})

func TestPrefix(t *testing.T) {
	const gap, beatGap, none = 100 * time.Millisecond, codec.StandsAlone, 99 * time.Millisecond
	checkPacking(t, zlan, "123456", nil, map[string]packingCase{
		"inside a packet":                    {[]arrival{{none, "\xfa\x01\x01a"}, {none, "\xfa\x01\x01b"}}, taken{data: "a\xfa\x01\x01b"}},
		"in the middle of data":              {[]arrival{{gap, "a\xfa\x01\x01b"}}, taken{data: "a\xfa\x01\x01b"}},
		"twice":                              {[]arrival{{gap, "\xfa\x01\x01\xfa\x01\x01"}}, taken{data: "\xfa\x01\x01"}},
		"no prefix at a boundary":            {[]arrival{{gap, "ab"}, {none, "c"}}, taken{data: "abc"}},
		"a beginning that goes elsewhere":    {[]arrival{{gap, "\xfa\x01"}, {none, "\x02"}}, taken{data: "\xfa\x01\x02"}},
		"a beginning and no more":            {[]arrival{{gap, "\xfa\x01"}}, taken{data: "\xfa\x01"}},
		"what follows a beginning is inside": {[]arrival{{gap, "\xfa\x02"}, {none, "\xfa\x01\x01"}}, taken{data: "\xfa\x02\xfa\x01\x01"}},
		"a heartbeat among data":             {[]arrival{{gap, "\xfa\x01\x01a"}, {none, "\x00"}}, taken{data: "a\x00"}},
		"a heartbeat after too short a gap":  {[]arrival{{none, "a"}, {beatGap - 1, "\x00"}}, taken{data: "a\x00"}},
		"data like a heartbeat":              {[]arrival{{beatGap, "\xfa\x01\x01\x00"}}, taken{data: "\x00"}},
		"the session's beginning":            {[]arrival{{0, "\xfa\x01\x01ab"}}, taken{data: "ab"}},
		"behind a gap":                       {[]arrival{{0, "\xfa\x01\x01a"}, {gap, "\xfa\x01\x01b"}}, taken{data: "ab"}},
		"in pieces":                          {[]arrival{{gap, "\xfa"}, {none, "\x01"}, {none, "\x01b"}}, taken{data: "b"}},
		"the data later":                     {[]arrival{{gap, "\xfa\x01\x01"}, {none, "\xfa\x01\x01"}}, taken{data: "\xfa\x01\x01"}},
		"a heartbeat":                        {[]arrival{{beatGap, "\x00"}, {beatGap, "\x00"}}, taken{answer: "!!", beats: 2}},
		"a heartbeat, and a packet at once":  {[]arrival{{beatGap, "\x00"}, {none, "\xfa\x01\x01a"}}, taken{data: "a", answer: "!", beats: 1}},
	})
	checkPacking(t, zlan, "123456", line, map[string]packingCase{
		"where a message ends":      {[]arrival{{gap, "\xfa\x01\x01a\n\xfa\x01\x01b\n\xfa\x01\x01"}}, taken{data: "a\nb\n"}},
		"within a message":          {[]arrival{{gap, "\xfa\x01\x01a\xfa\x01\x01b\n"}}, taken{data: "a\xfa\x01\x01b\n"}},
		"in pieces where one ends":  {[]arrival{{gap, "\xfa\x01\x01a\n\xfa"}, {none, "\x01\x01b"}}, taken{data: "a\nb"}},
		"no prefix where one ends":  {[]arrival{{gap, "a\nb\n\xfa\x01\x01c"}}, taken{data: "a\nb\nc"}},
		"a heartbeat in a message":  {[]arrival{{gap, "\xfa\x01\x01a\x00\n"}}, taken{data: "a\x00\n"}},
		"a heartbeat where it ends": {[]arrival{{beatGap, "a\n"}, {none, "\x00"}}, taken{data: "a\n", answer: "!", beats: 1}},
		"heartbeats between two":    {[]arrival{{gap, "\xfa\x01\x01a\n\x00\x00\xfa\x01\x01b\n"}}, taken{data: "a\nb\n", answer: "!!", beats: 2}},
		"an unfinished message":     {[]arrival{{gap, "a"}, {gap, "b\n\xfa\x01\x01c"}}, taken{data: "ab\nc"}},
	})
}

// A registration before every packet registers with the first of them, and what follows is that packet's.
func TestRepeatedRegistration(t *testing.T) {
	p := declares(Profile{Registration: tmpl("LOGIN:{id};{signal};"), Repeat: EveryPacket, Heartbeats: []codec.Heartbeat{{Bytes: tmpl("LOG")}}})
	checkPacking(t, p, "1001", nil, map[string]packingCase{
		"inside the first packet":            {[]arrival{{0, "LOGIN:1001;7;a"}}, taken{data: "LOGIN:1001;7;a"}},
		"another's":                          {[]arrival{{time.Second, "LOGIN:1002;7;a"}}, taken{data: "LOGIN:1002;7;a"}},
		"another signal":                     {[]arrival{{0, "a"}, {time.Second, "LOGIN:1001;19;b"}}, taken{data: "ab"}},
		"a heartbeat that begins like it":    {[]arrival{{time.Second, "LOG"}}, taken{beats: 3}},
		"a heartbeat in pieces":              {[]arrival{{time.Second, "L"}, {0, "OG"}}, taken{beats: 3}},
		"data that begins like both, behind": {[]arrival{{time.Second, "LOGx"}}, taken{data: "LOGx"}},
	})
	p.Repeat = Both
	checkPacking(t, p, "1001", nil, map[string]packingCase{
		"the first packet, too": {[]arrival{{0, "LOGIN:1001;7;a"}}, taken{data: "a"}},
		"data without it":       {[]arrival{{0, "aLOGIN:1001;7;a"}}, taken{data: "aLOGIN:1001;7;a"}},
	})
	c := codecOf(t, p, "1001", nil)
	for _, step := range []struct {
		in   string
		want []wire.Fact
	}{
		{"LOGIN:1001;7;a", []wire.Fact{{Name: "signal", Value: "7"}}}, {"LOGIN:1001;7;a", nil}, {"LOGIN:1001;8;a", []wire.Fact{{Name: "signal", Value: "8"}}}, {"LOGIN:1001;\x01;a", []wire.Fact{{Name: "signal", Value: "01"}}},
	} {
		if d := c.Decode([]byte(step.in), time.Second); !slices.Equal(d.Facts, step.want) || string(d.Data) != "a" {
			t.Errorf("%q tells %v and data %q", step.in, d.Facts, d.Data)
		}
	}
}

// FuzzPrefix: only whole prefixes and heartbeats are missing from what came, and they are where they may be.
func FuzzPrefix(f *testing.F) {
	f.Add([]byte("\xfa\x01\x01ab\n\xfa\x01\x01c\x00"), uint8(0xff), uint8(3))
	f.Add([]byte("\x00\xfa\x01\x01\x00\xfa\xfa\x01\x01\n"), uint8(0x55), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, pauses, size uint8) {
		for _, ends := range []codec.FrameEnd{nil, line} {
			c := codecOf(t, zlan, "123456", ends)
			var arrivals []arrival
			for piece := range slices.Chunk(in, int(size)%8+1) {
				idle := time.Duration(0)
				if pauses>>(len(arrivals)%8)&1 == 1 {
					idle = codec.StandsAlone
				}
				arrivals = append(arrivals, arrival{idle, string(piece)})
			}
			got := through(c, arrivals)
			if again := through(codecOf(t, zlan, "123456", ends), byteByByte(arrivals)); again.data != got.data && got.beats == 0 && again.beats == 0 {
				t.Errorf("%q: %q at once, %q byte by byte", in, got.data, again.data)
			}
			if missing := len(in) - len(got.data) - got.beats; missing%3 != 0 || missing < 0 || got.dropped > 0 {
				t.Errorf("%q became %q, %+v", in, got.data, got)
			}
			if !within([]byte(got.data), in) {
				t.Errorf("%q became %q", in, got.data)
			}
		}
	})
}

// within reports whether all of part stands in whole, in order.
func within(part, whole []byte) bool {
	for _, c := range part {
		i := bytes.IndexByte(whole, c)
		if i < 0 {
			return false
		}
		whole = whole[i+1:]
	}
	return true
}
