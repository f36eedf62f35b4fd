package profile

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// arrival is bytes that come behind a pause.
type arrival struct {
	idle time.Duration
	p    string
}

// taken is what a codec has made of all that came.
type taken struct {
	data, answer string
	beats        int // bytes
	dropped      int
}

func (g *taken) and(d codec.Decoded) {
	g.data += string(d.Data)
	g.answer += string(d.Answer)
	g.dropped += d.Dropped
	for _, b := range d.Beats {
		g.beats += len(b)
	}
}

// through feeds a codec; silence follows.
func through(c codec.Codec, in []arrival) taken {
	var g taken
	for _, a := range in {
		p := []byte(a.p)
		g.and(c.Decode(p, a.idle))
		clear(p) // it is the caller's again
	}
	for holds(c) > 0 {
		g.and(c.(codec.Holder).Release())
	}
	return g
}

// holds is for how long a codec wants to hold what it holds.
func holds(c codec.Codec) time.Duration {
	if h, ok := c.(codec.Holder); ok {
		return h.Holding()
	}
	return 0
}

// codecOf is the codec of a sound profile, for a modem that has registered as those bytes.
func codecOf(t testing.TB, p Profile, wire string, ends codec.FrameEnd) codec.Codec {
	t.Helper()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p.NewCodec(&Verdict{wire: []byte(wire)}, ends)
}

// byteByByte cuts arrivals up, with no pause between the bytes of one.
func byteByByte(in []arrival) []arrival {
	var cut []arrival
	for _, a := range in {
		for i := range len(a.p) {
			cut = append(cut, arrival{a.idle, a.p[i : i+1]})
			a.idle = 0
		}
	}
	return cut
}

type packingCase struct {
	in   []arrival
	want taken
}

func checkPacking(t *testing.T, p Profile, wire string, ends codec.FrameEnd, cases map[string]packingCase) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for how, in := range map[string][]arrival{"as it comes": c.in, "byte by byte": byteByByte(c.in)} {
				if got := through(codecOf(t, p, wire, ends), in); got != c.want {
					t.Errorf("%s: got %+v, want %+v", how, got, c.want)
				}
			}
		})
	}
}

// crossing sends p through an encoder and a decoder, in pieces of n bytes, and answers what arrives.
func crossing(t *testing.T, c codec.Codec, p []byte, n int) taken {
	t.Helper()
	enc, ok := codec.As[codec.Encoder](c)
	if !ok {
		t.Fatal("it does not encode")
	}
	var wire []byte
	for rest := p; len(rest) > 0; {
		var took int
		if wire, took = enc.Encode(wire, rest); took < 1 || took > len(rest) {
			t.Fatalf("%d of %d bytes encoded", took, len(rest))
		}
		rest = rest[took:]
	}
	var in []arrival
	for piece := range slices.Chunk(wire, max(n, 1)) {
		in = append(in, arrival{0, string(piece)})
	}
	return through(c, in)
}

// line ends a message at LF.
func line(p []byte) (int, bool) {
	n := bytes.IndexByte(p, '\n') + 1
	return n, n > 0
}

// takenApart is what a codec makes of bytes, whatever the pieces.
type takenApart struct {
	data, answer  string
	facts, events string
	dropped       int
}

func (a *takenApart) add(d codec.Decoded) {
	a.data += string(d.Data)
	a.answer += string(d.Answer)
	a.dropped += d.Dropped
	for _, f := range d.Facts {
		a.facts += fmt.Sprintf("%s=%s;", f.Name, f.Value)
	}
	for _, e := range d.Events {
		a.events += fmt.Sprintf("%s: %s [%X];", e.Kind, e.Text, e.Data)
	}
}

// takeApart feeds in, behind idle, in pieces of n bytes. It then releases what is held until nothing is. A codec may let
// some releases pass before it gives a byte up, but not more than ddpHolds.
func takeApart(t *testing.T, c codec.Codec, in []byte, n int, idle time.Duration) (a takenApart) {
	t.Helper()
	for rest := in; len(rest) > 0; {
		piece := bytes.Clone(rest[:min(n, len(rest))])
		rest = rest[len(piece):]
		a.add(c.Decode(piece, idle))
		clear(piece)
		idle = 0
	}
	h, ok := c.(codec.Holder)
	for vain := 0; ok && h.Holding() > 0; vain++ {
		p, _ := c.(codec.Pender) // every codec that holds bytes is one
		held := p.Pending()
		a.add(h.Release())
		if p.Pending() < held {
			vain = 0
		}
		if vain > ddpHolds {
			t.Fatalf("%q: %T still holds %d bytes after %d releases in vain", in, c, held, vain)
		}
	}
	return a
}

// sameTakenApart: all at once, byte by byte, in pieces of n, and cut in two at every byte come to the same.
func sameTakenApart(t *testing.T, codec func() codec.Codec, in []byte, n int, idle time.Duration) takenApart {
	t.Helper()
	whole := takeApart(t, codec(), in, len(in)+1, idle)
	for _, n := range []int{1, n%16 + 1} {
		if got := takeApart(t, codec(), in, n, idle); got != whole {
			t.Errorf("%q in pieces of %d:\n%+v, at once:\n%+v", in, n, got, whole)
		}
	}
	for i := 1; i < min(len(in), 64); i++ {
		c := codec()
		var got takenApart
		got.add(c.Decode(bytes.Clone(in[:i]), idle))
		rest := takeApart(t, c, in[i:], len(in), 0)
		got.data += rest.data
		got.answer += rest.answer
		got.facts += rest.facts
		got.events += rest.events
		if got.dropped += rest.dropped; got != whole {
			t.Errorf("%q cut at %d:\n%+v, at once:\n%+v", in, i, got, whole)
		}
	}
	return whole
}

// sum is what a codec has made of everything that it was given.
type sum struct {
	data    string
	facts   string
	dropped int
}

// decodeAll feeds in to a codec in pieces of n bytes that follow each other at once.
func decodeAll(c codec.Codec, in []byte, n int) (s sum) {
	for part := range slices.Chunk(in, max(n, 1)) {
		s.add(c.Decode(bytes.Clone(part), 0))
	}
	return s
}

func (s *sum) add(d codec.Decoded) {
	s.data += string(d.Data)
	for _, f := range d.Facts {
		s.facts += fmt.Sprintf("%s: %s; ", f.Name, f.Value)
	}
	s.dropped += d.Dropped
}

// decodesTo checks a codec with in at once, byte by byte, and cut in two at every place.
func decodesTo(t *testing.T, fresh func() codec.Codec, in string, want sum) {
	t.Helper()
	for _, n := range []int{len(in), 1} {
		if got := decodeAll(fresh(), []byte(in), n); got != want {
			t.Errorf("in pieces of %d: %+v, want %+v", n, got, want)
		}
	}
	for cut := range len(in) {
		c := fresh()
		got := decodeAll(c, []byte(in[:cut]), len(in))
		rest := decodeAll(c, []byte(in[cut:]), len(in))
		got = sum{got.data + rest.data, got.facts + rest.facts, got.dropped + rest.dropped}
		if got != want {
			t.Errorf("cut at %d: %+v, want %+v", cut, got, want)
		}
	}
}

// encodeAll is p in packets.
func encodeAll(t *testing.T, e codec.Encoder, p []byte) (wire []byte) {
	t.Helper()
	for len(p) > 0 {
		before := len(wire)
		var n int
		wire, n = e.Encode(wire, p)
		if n < 1 || n > len(p) || len(wire) < before+n {
			t.Fatalf("%d of %d bytes encoded to %d", n, len(p), len(wire)-before)
		}
		p = p[n:]
	}
	return wire
}

// comesBack checks that what is encoded is decoded to the same, in any pieces.
func comesBack(t *testing.T, fresh func() codec.Codec, p []byte, n int) {
	t.Helper()
	e, ok := codec.As[codec.Encoder](fresh())
	if !ok {
		t.Fatal("the codec does not encode")
	}
	wire := encodeAll(t, e, p)
	for _, n := range []int{1, n%16 + 1, len(wire)} {
		if got := decodeAll(fresh(), wire, n); got != (sum{data: string(p)}) {
			t.Errorf("%x came back as %+v", p, got)
		}
	}
}

// factsOf registers with in and writes down what the modem told.
func factsOf(t *testing.T, k Kind, in string) string {
	t.Helper()
	p := &Profile{Kind: k}
	reg, err := p.NewRegistration(nil)
	if err != nil {
		t.Fatal(err)
	}
	var s sum
	s.add(codec.Decoded{Facts: reg.Feed([]byte(in)).Facts})
	return s.facts
}

// tmpl is a template of the test's own.
func tmpl(s string) wire.Template {
	t, err := wire.ParseTemplate(s)
	if err != nil {
		panic(err) // a fault of the test
	}
	return t
}

// holding returns c as a codec that may hold bytes back.
func holding(t *testing.T, c codec.Codec) interface {
	codec.Codec
	codec.Holder
} {
	t.Helper()
	h, ok := c.(interface {
		codec.Codec
		codec.Holder
	})
	if !ok {
		t.Fatalf("%T holds nothing back", c)
	}
	return h
}
