package familytest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"meterline/relay/codec"
)

// values are all bytes, up and down and in pairs that differ by any amount, and then some at random.
func values() []byte {
	p := make([]byte, 0, 4096)
	for b := range 256 {
		p = append(p, byte(b))
	}
	for b := range 256 {
		p = append(p, byte(255-b), byte(b*37))
	}
	random := rand.New(rand.NewPCG(3, 3))
	for range 1500 {
		p = append(p, byte(random.Uint32()))
	}
	return p
}

// pack returns what we send for p.
func pack(c codec.Codec, p []byte) []byte {
	e, ok := codec.As[codec.Encoder](c)
	if !ok {
		return p
	}
	var sent []byte
	for len(p) > 0 {
		var n int
		sent, n = e.Encode(sent, p)
		p = p[n:]
	}
	return sent
}

// Whatever bytes a program and a meter say to each other arrive, however they are cut.
func (c *Case) testBytes(t *testing.T) {
	want := values()
	for _, n := range []int{1, 2, 7, 1000, 1 << 20} {
		modem, _, v := c.online(t)
		ours := c.Profile.NewCodec(&v, nil)
		if c.MeterFirst {
			decode(ours, burst{pause, [][]byte{modem.Put(answer)}})
		}
		var got []byte
		for p := range slices.Chunk(pack(ours, want), n) {
			p = bytes.Clone(p)
			data, reply, err := modem.Take(p, now)
			if err != nil || len(reply) > 0 {
				t.Fatalf("in pieces of %d: the modem replies %q, %v", n, reply, err)
			}
			got = append(got, data...)
			clear(p)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("to the meter, in pieces of %d: %s", n, differ(got, want))
		}
		wire := modem.Put(want)
		d := decode(ours, burst{pause, slices.Collect(slices.Chunk(wire, n))})
		if !bytes.Equal(d.kept, want) || d.Dropped > 0 {
			t.Errorf("from the meter, in pieces of %d: %s, %d bytes dropped", n, differ(d.kept, want), d.Dropped)
		}
	}
}

// differ says where two streams differ.
func differ(got, want []byte) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("byte %d is %02X, not %02X", i, got[i], want[i])
		}
	}
	return fmt.Sprintf("%d bytes, not %d", len(got), len(want))
}
