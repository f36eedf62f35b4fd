package codec

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"
)

// bracketed measures messages such as <abc>. Nothing else begins one.
func bracketed(p []byte) (n int, message bool) {
	if p[0] != '<' {
		return 1, false
	}
	n = bytes.IndexByte(p, '>') + 1
	return n, n > 0
}

// counted measures messages of a length, so many bytes, and their sum: any byte may begin one. Where the sum is wrong none has.
func counted(p []byte) (n int, message bool) {
	n = int(p[0]) + 2
	if len(p) < n {
		return 0, false
	}
	sum := byte(0)
	for _, c := range p[:n-1] {
		sum += c
	}
	if sum != p[n-1] || n == 2 {
		return 1, false
	}
	return n, true
}

// say is a message for counted.
func say(text string) string {
	p := append([]byte{byte(len(text))}, text...)
	sum := byte(0)
	for _, c := range p {
		sum += c
	}
	return string(append(p, sum))
}

// piece is bytes that come behind a pause.
type piece struct {
	idle time.Duration
	p    string
}

// result is what has become of all that came.
type result struct {
	data, beats string
	passed      int
}

func (r *result) add(d Decoded) {
	r.data += string(d.Data)
	for _, b := range d.Beats {
		r.beats += string(b)
	}
	r.passed += len(d.Passed)
}

// play feeds c, and releases what it holds when its time is over; silence follows.
func play(c Codec, in []piece) (r result) {
	h, holds := c.(Holder)
	wait := func(d time.Duration) {
		for holds && h.Holding() > 0 && d >= h.Holding() {
			d -= h.Holding()
			r.add(h.Release())
		}
	}
	for _, a := range in {
		wait(a.idle)
		p := []byte(a.p)
		r.add(c.Decode(p, a.idle))
		clear(p)
	}
	wait(time.Hour)
	return r
}

// everySplit calls f with in, which comes behind first, at once, byte by byte, and cut in two everywhere, with each of the pauses in between.
func everySplit(in string, first time.Duration, pauses []time.Duration, f func(how string, cut []piece)) {
	f("at once", []piece{{first, in}})
	for _, d := range pauses {
		var bytewise []piece
		for i := range len(in) {
			bytewise = append(bytewise, piece{d, in[i : i+1]})
		}
		bytewise[0].idle = first
		f(fmt.Sprintf("byte by byte, %v apart", d), bytewise)
		for i := 1; i < len(in); i++ {
			f(fmt.Sprintf("cut at %d, %v apart", i, d), []piece{{first, in[:i]}, {d, in[i:]}})
		}
	}
}

// Heartbeats between messages are taken out, at every split and whatever the pauses; what stands inside a message never is.
func TestBetweenMessages(t *testing.T) {
	const first = "\x01"
	log, ff := []Beat{ExactBeat("LOG")}, []Beat{ExactBeat("\xff")}
	nul, three, both := []Beat{ExactBeat("\x00")}, []Beat{ExactBeat("\x03")}, []Beat{ExactBeat("LOG"), ExactBeat("LOGIN")}
	short := []time.Duration{0, packetGap - 1, packetGap, holdBeat - 1}
	long := append(slices.Clone(short), holdBeat, StandsAlone-1, StandsAlone, time.Second)
	for name, c := range map[string]struct {
		known  []Beat
		ends   FrameEnd
		in     string
		pauses []time.Duration
		want   result
	}{
		"inside a message":             {log, bracketed, "<LOG>", long, result{data: "<LOG>"}},
		"several inside a message":     {log, bracketed, "<LOGLOGx>", long, result{data: "<LOGLOGx>"}},
		"one byte inside a message":    {ff, counted, say("\xff\xff\xff"), long, result{data: say("\xff\xff\xff")}},
		"a message that begins so":     {three, counted, say("abc"), short, result{data: say("abc")}},
		"two that begin so":            {three, counted, say("abc") + say("abc"), short, result{data: say("abc") + say("abc")}},
		"one that begins so, in front": {three, counted, "\x03" + say("abc"), short[:1], result{data: say("abc"), beats: "\x03"}},
		"a message that ends so":       {nul, counted, say("\xff\x00\x00"), long, result{data: say("\xff\x00\x00")}},
		"one that goes elsewhere":      {log, bracketed, "<a>LOX<b>", short, result{data: "<a>LOX<b>"}},
		"a beginning and no more":      {log, bracketed, "<a>LO", long, result{data: "<a>LO"}},
		"behind one":                   {log, bracketed, "<a>LOG", short, result{data: "<a>", beats: "LOG"}},
		"before one":                   {log, bracketed, "LOG<a>", short, result{data: "<a>", beats: "LOG"}},
		"between two":                  {log, bracketed, "<a>LOG<b>", short, result{data: "<a><b>", beats: "LOG"}},
		"several everywhere":           {log, bracketed, "LOGLOG<a>LOGLOGLOG<b>LOG", short, result{data: "<a><b>", beats: "LOGLOGLOGLOGLOGLOG"}},
		"one byte behind one":          {ff, counted, say(first) + "\xff", long, result{data: say(first), beats: "\xff"}},
		"one byte before one":          {ff, counted, "\xff" + say("ab"), long, result{data: say("ab"), beats: "\xff"}},
		"one byte between two":         {ff, counted, say("ab") + "\xff\xff" + say("cd"), long, result{data: say("ab") + say("cd"), beats: "\xff\xff"}},
		"alone":                        {ff, counted, "\xff", long, result{beats: "\xff"}},
		"several alone":                {ff, counted, "\xff\xff\xff", long, result{beats: "\xff\xff\xff"}},
		"that begins a longer one":     {both, bracketed, "<a>LOGLOGIN<b>LOGINLOG", short, result{data: "<a><b>", beats: "LOGLOGINLOGINLOG"}},
		"behind a message like itself": {nul, counted, say("\x00") + "\x00" + say("\x00"), short, result{data: say("\x00") + say("\x00"), beats: "\x00"}},
	} {
		t.Run(name, func(t *testing.T) {
			everySplit(c.in, StandsAlone, c.pauses, func(how string, cut []piece) {
				if got := play(NewHeartbeats(c.known, Finding{Ends: c.ends}), cut); got != c.want {
					t.Errorf("%s: got %+v, want %+v", how, got, c.want)
				}
			})
		})
	}
}

// A check sum that ends with a zero is right one byte too early. The zero does not hide the heartbeat behind it.
func TestZeroBehindAMessage(t *testing.T) {
	for name, c := range map[string]struct {
		known []Beat
		in    string
		want  result
	}{
		"a zero, and a heartbeat":       {[]Beat{ExactBeat("LOG")}, "<a>\x00LOG", result{data: "<a>\x00", beats: "LOG"}},
		"a zero, and several":           {[]Beat{ExactBeat("\xff")}, "<a>\x00\xff\xff<b>", result{data: "<a>\x00<b>", beats: "\xff\xff"}},
		"heartbeats that begin with it": {[]Beat{ExactBeat("\x00\xff"), ExactBeat("\xff")}, "<a>\x00\xff", result{data: "<a>", beats: "\x00\xff"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := play(NewHeartbeats(c.known, Finding{Ends: zeroBegins}), []piece{{StandsAlone, c.in}}); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// zeroBegins is bracketed for meters of which a message may begin with a zero, too.
func zeroBegins(p []byte) (n int, message bool) {
	if p[0] == 0 {
		return 0, false
	}
	return bracketed(p)
}

// What is no message, or was cut off, does not hide the heartbeats behind the next whole one.
func TestBetweenMessagesFindsBack(t *testing.T) {
	log, ff := []Beat{ExactBeat("LOG")}, []Beat{ExactBeat("\xff")}
	long := say(string(bytes.Repeat([]byte{7}, 100)))
	for name, c := range map[string]struct {
		known []Beat
		ends  FrameEnd
		in    []piece
		want  result
	}{
		"behind noise":                        {log, bracketed, []piece{{0, "#LOG"}}, result{data: "#LOG"}},
		"a while behind noise":                {log, bracketed, []piece{{0, "#"}, {StandsAlone, "LOG"}}, result{data: "#", beats: "LOG"}},
		"behind a message behind noise":       {log, bracketed, []piece{{0, "##<a>LOG"}}, result{data: "##<a>", beats: "LOG"}},
		"inside a message cut off":            {log, bracketed, []piece{{0, "<a"}, {abandoned - 1, "LOG"}}, result{data: "<aLOG"}},
		"long behind a message cut off":       {log, bracketed, []piece{{0, "<a"}, {abandoned, "LOG"}}, result{data: "<a", beats: "LOG"}},
		"the next behind a message cut off":   {ff, counted, []piece{{0, long[:50]}, {packetGap, say("ab") + "\xff"}}, result{data: long[:50] + say("ab"), beats: "\xff"}},
		"the next but one":                    {ff, counted, []piece{{0, long[:50]}, {packetGap, "x"}, {packetGap, say("ab")}, {0, "\xff"}}, result{data: long[:50] + "x" + say("ab"), beats: "\xff"}},
		"a short one is part of it":           {ff, counted, []piece{{0, long[:50]}, {packetGap, say("a")}, {0, "\xff"}}, result{data: long[:50] + say("a") + "\xff"}},
		"without a pause it is part of it":    {ff, counted, []piece{{0, long[:50]}, {packetGap - 1, say("ab") + "\xff"}}, result{data: long[:50] + say("ab") + "\xff"}},
		"the beginning of one, and a message": {ff, counted, []piece{{0, "\xff" + long[:50]}, {time.Second, long[50:]}}, result{data: long, beats: "\xff"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := play(NewHeartbeats(c.known, Finding{Ends: c.ends}), c.in); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// A message without an end does not fill the memory.
func TestBetweenMessagesIsBounded(t *testing.T) {
	c := &betweenMessages{known: []Beat{ExactBeat("LOG")}, messages: messages{ends: bracketed}}
	c.Decode([]byte("<"), 0)
	for range 2 * maxMessage / 1024 {
		if d := c.Decode(bytes.Repeat([]byte("x"), 1024), 0); len(d.Data) != 1024 {
			t.Fatalf("%d bytes are handed over", len(d.Data))
		}
	}
	if n := cap(c.messages.text); n > keepMessage {
		t.Errorf("%d bytes are kept", n)
	}
	if d := c.Decode([]byte("LOG"), StandsAlone); len(d.Beats) != 1 {
		t.Errorf("a heartbeat behind it: %+v", d)
	}
}

// FuzzBetweenMessages: only whole heartbeats are missing from what came, never from the inside of a message.
func FuzzBetweenMessages(f *testing.F) {
	f.Add([]byte("LOG<a>LOGLOG<LOG>L"), uint8(0x55), uint8(3))
	f.Add([]byte("#<a<LOG"), uint8(0xff), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, pauses, size uint8) {
		var cut []piece
		whole := len(in)
		for i := 0; len(in) > 0; i++ {
			n := min(int(size)%8+1, len(in))
			d := []time.Duration{0, packetGap, StandsAlone, abandoned}[pauses>>(2*(i%4))&3]
			cut = append(cut, piece{d, string(in[:n])})
			in = in[n:]
		}
		for _, ends := range []FrameEnd{bracketed, counted} {
			c := NewHeartbeats([]Beat{ExactBeat("LOG"), ExactBeat("\xff")}, Finding{Ends: ends})
			if r := play(c, cut); len(r.data)+len(r.beats) != whole {
				t.Errorf("%+v became %+v", cut, r)
			}
		}
	})
}
