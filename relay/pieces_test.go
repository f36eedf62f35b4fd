package relay

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

// takeApart feeds in, behind idle, in pieces of n bytes, and at last lets go of what is held, as often as something is.
func takeApart(c Codec, in []byte, n int, idle time.Duration) (a takenApart) {
	for rest := in; len(rest) > 0; {
		piece := bytes.Clone(rest[:min(n, len(rest))])
		rest = rest[len(piece):]
		a.add(c.Decode(piece, idle))
		clear(piece)
		idle = 0
	}
	if h, ok := c.(Holder); ok {
		for i := 0; h.Holding() > 0 && i <= len(in); i++ {
			a.add(h.Release())
		}
	}
	return a
}

// sameTakenApart: all at once, byte by byte, in pieces of n, and cut in two at every byte come to the same.
func sameTakenApart(t *testing.T, codec func() Codec, in []byte, n int, idle time.Duration) takenApart {
	t.Helper()
	whole := takeApart(codec(), in, len(in)+1, idle)
	for _, n := range []int{1, n%16 + 1} {
		if got := takeApart(codec(), in, n, idle); got != whole {
			t.Errorf("%q in pieces of %d:\n%+v, at once:\n%+v", in, n, got, whole)
		}
	}
	for i := 1; i < min(len(in), 64); i++ {
		c := codec()
		var got takenApart
		got.add(c.Decode(bytes.Clone(in[:i]), idle))
		rest := takeApart(c, in[i:], len(in), 0)
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
