package profile

import (
	"bytes"
	"slices"
	"testing"
	"time"
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

func (g *taken) and(d Decoded) {
	g.data += string(d.Data)
	g.answer += string(d.Answer)
	g.dropped += d.Dropped
	for _, b := range d.Beats {
		g.beats += len(b)
	}
}

// through feeds a codec; silence follows.
func through(c Codec, in []arrival) taken {
	var g taken
	for _, a := range in {
		p := []byte(a.p)
		g.and(c.Decode(p, a.idle))
		clear(p) // it is the caller's again
	}
	for holds(c) > 0 {
		g.and(c.(Holder).Release())
	}
	return g
}

// holds is for how long a codec wants to hold what it holds.
func holds(c Codec) time.Duration {
	if h, ok := c.(Holder); ok {
		return h.Holding()
	}
	return 0
}

// codecOf is the codec of a sound profile, for a modem that has registered as those bytes.
func codecOf(t testing.TB, p Profile, wire string, ends Ends) Codec {
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

func checkPacking(t *testing.T, p Profile, wire string, ends Ends, cases map[string]packingCase) {
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
func crossing(t *testing.T, c Codec, p []byte, n int) taken {
	t.Helper()
	enc, ok := As[Encoder](c)
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
func line(p []byte) int { return bytes.IndexByte(p, '\n') + 1 }
