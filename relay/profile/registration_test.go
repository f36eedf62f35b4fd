package profile

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"meterline/relay/codec"
)

// phoneBook is a set of those identities.
func phoneBook(p *Profile, ids ...string) IDs { return NewIDs(p, slices.Values(ids)) }

// outcome is what a caller's bytes have come to, whatever the pieces.
type outcome struct {
	verdict string // registered, more, or why refused
	id      string
	wait    time.Duration
	data    string // for the session
}

// run feeds in to a registration in pieces of n bytes, and to the session what comes behind it.
func run(t *testing.T, p *Profile, ids IDs, in []byte, n int) outcome {
	t.Helper()
	reg, err := p.NewRegistration(ids)
	if err != nil {
		t.Fatal(err)
	}
	o := outcome{verdict: "more"}
	var behind codec.Codec
	for rest := in; len(rest) > 0; {
		piece := bytes.Clone(rest[:min(n, len(rest))])
		rest = rest[len(piece):]
		if behind != nil {
			o.data += string(behind.Decode(piece, 0).Data)
			continue
		}
		v := reg.Feed(piece)
		clear(piece)
		if o.wait = v.Wait; v.Refused != "" {
			o.verdict = v.Refused
			return o
		}
		if v.Done {
			o.verdict, o.id, o.data = "registered", v.ID, string(v.Rest)
			behind = &lineEnd{closed: true}
			if v.tail != nil {
				behind = v.tail
			}
		}
	}
	return o
}

type registrationCase struct {
	in   string
	want outcome
}

func check(t *testing.T, p *Profile, ids IDs, cases map[string]registrationCase) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{len(c.in) + 1, 1, 2, 7} {
				if got := run(t, p, ids, []byte(c.in), n); got != c.want {
					t.Errorf("in pieces of %d: got %+v, want %+v", n, got, c.want)
				}
			}
		})
	}
}

// A line end that comes late is data.
func TestLineEndInTime(t *testing.T) {
	for name, c := range map[string]struct {
		idle time.Duration
		want string
	}{
		"late":    {lineEndWait + time.Millisecond, "\n\x01"},
		"in time": {lineEndWait, "\x01"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &lineEnd{seenCR: true}
			if data := l.Decode([]byte("\n\x01"), c.idle).Data; string(data) != c.want {
				t.Errorf("got %q, want %q", data, c.want)
			}
			if data := l.Decode([]byte("\n"), 0).Data; string(data) != "\n" {
				t.Errorf("the next byte was swallowed too: %q", data)
			}
		})
	}
}

// samePieces: all at once, byte by byte and in pieces come to the same, and nothing is invented.
func samePieces(t *testing.T, p *Profile, ids IDs, in []byte, n int) {
	t.Helper()
	whole := run(t, p, ids, in, len(in)+1)
	for _, n := range []int{1, n%16 + 1} {
		if got := run(t, p, ids, in, n); got != whole {
			t.Errorf("%q in pieces of %d: %+v, at once: %+v", in, n, got, whole)
		}
	}
	if !bytes.HasSuffix(in, []byte(whole.data)) {
		t.Errorf("%q ends in %q", in, whole.data)
	}
}

// What ends a registration and what beats behind it are taken out one after the other.
func TestHeartbeatsBehindALineEnd(t *testing.T) {
	c := holding(t, codec.NewChain(nil, &lineEnd{}, codec.NewHeartbeats(codec.BeatsOf([]codec.Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("ok")}}, nil, nil), codec.Finding{})))
	if c.Holding() != 0 {
		t.Error("something is held before anything came")
	}
	if d := c.Decode([]byte("\r\n"), 0); len(d.Data)+len(d.Answer) > 0 {
		t.Errorf("the line end became %+v", d)
	}
	c.Decode([]byte("LOG"), codec.StandsAlone)
	if d := c.Release(); len(d.Data) > 0 || string(d.Answer) != "ok" {
		t.Errorf("the heartbeat became %+v", d)
	}
	if d := c.Decode([]byte("LO"), codec.StandsAlone); len(d.Data) > 0 || c.Holding() == 0 {
		t.Errorf("a beginning became %+v, held for %v", d, c.Holding())
	}
	if d := c.Release(); string(d.Data) != "LO" || c.Holding() != 0 {
		t.Errorf("let go: %+v", d)
	}
	if d := c.Release(); len(d.Data) > 0 {
		t.Errorf("let go of nothing: %+v", d)
	}
}
