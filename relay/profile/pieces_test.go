package profile

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// takenApart is what a codec makes of bytes, whatever the pieces.
type takenApart struct {
	data, answer  string
	facts, events string
	dropped       int
}

func (a *takenApart) add(d Decoded) {
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
func takeApart(t *testing.T, c Codec, in []byte, n int, idle time.Duration) (a takenApart) {
	t.Helper()
	for rest := in; len(rest) > 0; {
		piece := bytes.Clone(rest[:min(n, len(rest))])
		rest = rest[len(piece):]
		a.add(c.Decode(piece, idle))
		clear(piece)
		idle = 0
	}
	h, ok := c.(Holder)
	for vain := 0; ok && h.Holding() > 0; vain++ {
		p, _ := c.(pender) // every codec that holds bytes is one
		held := p.pending()
		a.add(h.Release())
		if p.pending() < held {
			vain = 0
		}
		if vain > ddpHolds {
			t.Fatalf("%q: %T still holds %d bytes after %d releases in vain", in, c, held, vain)
		}
	}
	return a
}

// sameTakenApart: all at once, byte by byte, in pieces of n, and cut in two at every byte come to the same.
func sameTakenApart(t *testing.T, codec func() Codec, in []byte, n int, idle time.Duration) takenApart {
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
