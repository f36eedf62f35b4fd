package profile

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// sum is what a codec has made of everything that it was given.
type sum struct {
	data    string
	facts   string
	dropped int
}

// decodeAll feeds in to a codec in pieces of n bytes that follow each other at once.
func decodeAll(c Codec, in []byte, n int) (s sum) {
	for part := range slices.Chunk(in, max(n, 1)) {
		s.add(c.Decode(bytes.Clone(part), 0))
	}
	return s
}

func (s *sum) add(d Decoded) {
	s.data += string(d.Data)
	for _, f := range d.Facts {
		s.facts += fmt.Sprintf("%s: %s; ", f.Name, f.Value)
	}
	s.dropped += d.Dropped
}

// decodesTo checks a codec with in at once, byte by byte, and cut in two at every place.
func decodesTo(t *testing.T, fresh func() Codec, in string, want sum) {
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
func encodeAll(t *testing.T, e Encoder, p []byte) (wire []byte) {
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
func comesBack(t *testing.T, fresh func() Codec, p []byte, n int) {
	t.Helper()
	e, ok := As[Encoder](fresh())
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
	s.add(Decoded{Facts: reg.Feed([]byte(in)).Facts})
	return s.facts
}
