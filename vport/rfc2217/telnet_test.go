package rfc2217

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// end is a Server or a Client.
type end interface {
	Start(dst []byte) []byte
	Decode(p []byte) Out
	AppendData(dst, data []byte) []byte
	Settled() bool
	Binary() bool
	Available() bool
	Spoken() bool
}

// heard is all that came out of an end, with its data in one piece between two events.
type heard struct {
	pieces  []string
	reply   []byte
	dropped int
}

func (h *heard) add(o Out) {
	for _, p := range o.Pieces {
		switch {
		case p.Data == nil:
			h.pieces = append(h.pieces, describe(p.Event))
		case len(h.pieces) > 0 && strings.HasPrefix(h.pieces[len(h.pieces)-1], "="):
			h.pieces[len(h.pieces)-1] += string(p.Data)
		default:
			h.pieces = append(h.pieces, "="+string(p.Data))
		}
	}
	h.reply = append(h.reply, o.Reply...)
	h.dropped += o.Dropped
}

func describe(e Event) string {
	names := []string{"", "agreed", "changed", "purge", "break", "dtr", "rts", "suspend", "resume", "modem", "line", "signature", "unsupported"}
	text := names[e.Kind]
	switch e.Kind {
	case Changed, Unsupported:
		return text + " " + e.Settings.String()
	case Signature:
		return text + " " + e.Text
	}
	return text + " " + string(rune('0'+e.Value%10)) // enough to tell them apart
}

// settle lets two ends talk until both are silent, and fails if they never are.
func settle(t *testing.T, a, b end) {
	t.Helper()
	toB, toA := a.Start(nil), b.Start(nil)
	for range 10 {
		fromB := slices.Clone(b.Decode(toB).Reply)
		toB = slices.Clone(a.Decode(toA).Reply)
		toA = fromB
		if len(toA)+len(toB) == 0 {
			return
		}
	}
	t.Fatal("the ends never stop negotiating")
}

func agreedPair(t *testing.T) (*Server, *Client) {
	t.Helper()
	s, c := NewServer("meter", CTS|DSR), NewClient()
	settle(t, s, c)
	if !s.Settled() || !c.Settled() || !s.Binary() || !c.Binary() || !s.Available() || !c.Available() {
		t.Fatal("a server and a client do not agree")
	}
	return s, c
}

func TestNegotiation(t *testing.T) {
	for _, c := range []struct{ name, in, reply string }{
		{"an unknown option is refused", "\xFF\xFB\x18\xFF\xFD\x1F", "\xFF\xFE\x18\xFF\xFC\x1F"},
		{"a refusal of an unknown option is not answered", "\xFF\xFC\x18\xFF\xFE\x1F", ""},
		{"the answers to our requests are not answered", "\xFF\xFD\x00\xFF\xFB\x00\xFF\xFD\x03\xFF\xFB\x2C", "\xFF\xFA\x2C\x6B\x30\xFF\xF0"},
		{"a yes that is repeated is not answered", "\xFF\xFD\x00\xFF\xFD\x00\xFF\xFD\x00", ""},
		{"a no that is repeated is answered once", "\xFF\xFD\x00\xFF\xFE\x00\xFF\xFE\x00", "\xFF\xFC\x00"},
		{"a client that echoes is refused", "\xFF\xFB\x01", "\xFF\xFE\x01"},
		{"a change of mind", "\xFF\xFC\x00\xFF\xFB\x00\xFF\xFC\x00\xFF\xFB\x00", "\xFF\xFD\x00\xFF\xFE\x00\xFF\xFD\x00"},
		{"are you there", "\xFF\xF6", "\r\n[Yes]\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewServer("", CTS|DSR)
			_ = s.Start(nil)
			if out := s.Decode([]byte(c.in)); string(out.Reply) != c.reply {
				t.Errorf("reply % X, want % X", out.Reply, c.reply)
			}
		})
	}
	t.Run("two servers do not loop", func(t *testing.T) { settle(t, NewServer("", 0), NewServer("", 0)) })
	t.Run("two clients do not loop", func(t *testing.T) { settle(t, NewClient(), NewClient()) })
	t.Run("a server and a client", func(t *testing.T) { agreedPair(t) })
}

func TestRefused(t *testing.T) {
	c := NewClient()
	_ = c.Start(nil)
	var h heard
	h.add(c.Decode([]byte("\xFF\xFE\x2C\xFF\xFE\x00\xFF\xFC\x00\xFF\xFE\x03\xFF\xFC\x03")))
	if !c.Settled() || c.Available() || !slices.Equal(h.pieces, []string{"agreed 0"}) || len(h.reply) > 0 {
		t.Errorf("settled %v, available %v, %q, reply % X", c.Settled(), c.Available(), h.pieces, h.reply)
	}
	if wire := c.AppendSettings(nil, usual); len(wire) > 0 || c.Awaited() != 0 {
		t.Errorf("settings are sent as % X", wire)
	}
	if wire := c.AppendData(nil, []byte("a\r\xFF\n")); string(wire) != "a\r\x00\xFF\xFF\n" {
		t.Errorf("data is sent as %q", wire)
	}
}

func TestData(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		binary         bool
		dropped        int
	}{
		{name: "outside binary mode CR NUL is CR", in: "a\r\x00b\r\nc\x00d", want: "a\rb\r\nc\x00d"},
		{name: "CR NUL NUL has one NUL left", in: "\r\x00\x00", want: "\r\x00"},
		{name: "CR and something else is left alone", in: "\rx\r\r\x00", want: "\rx\r\r"},
		{name: "a doubled IAC between CR and NUL", in: "\r\xFF\xFF\x00", want: "\r\xFF\x00"},
		{name: "in binary mode everything is data", in: "\r\x00\xFF\xFF\r\n", want: "\r\x00\xFF\r\n", binary: true},
		{name: "commands among data", in: "a\xFF\xF1b\xFF\xF9c", want: "abc", binary: true},
		{name: "a command that nobody knows", in: "a\xFF\x10b", want: "ab", binary: true, dropped: 2},
		{name: "another option's subnegotiation", in: "a\xFF\xFA\x18\x01\xFF\xF0b", want: "ab", binary: true},
		{name: "an empty subnegotiation", in: "a\xFF\xFA\xFF\xF0b", want: "ab", binary: true},
		{name: "one without a command", in: "a\xFF\xFA\x2C\xFF\xF0b", want: "ab", binary: true},
		{name: "one of which the end was lost", in: "a\xFF\xFA\x2C\x01\xFF\xF1b", want: "ab", binary: true, dropped: 2},
		{name: "one that is too long", in: "a\xFF\xFA\x2C" + strings.Repeat("x", 300) + "\xFF\xF0b", want: "ab", binary: true, dropped: 45},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewServer("", 0)
			if c.binary {
				s, _ = agreedPair(t)
			}
			var h heard
			h.add(s.Decode([]byte(c.in)))
			if !slices.Equal(h.pieces, []string{"=" + c.want}) || h.dropped != c.dropped {
				t.Errorf("%q and %d dropped, want %q and %d", h.pieces, h.dropped, c.want, c.dropped)
			}
		})
	}
}

func TestSpoken(t *testing.T) {
	s := NewServer("", 0)
	_ = s.Start(nil)
	_ = s.Decode([]byte("\x01\x03\x00\x00\xFF\xFF\xFF\x00\x10"))
	if s.Spoken() || s.Settled() {
		t.Error("bytes of a meter are taken for Telnet")
	}
	_ = s.Decode([]byte("\xFF\xFB"))
	if !s.Spoken() {
		t.Error("WILL is not taken for Telnet")
	}
}

// FuzzPieces feeds both ends byte by byte and at once.
func FuzzPieces(f *testing.F) {
	s, c := NewServer("meter", 0), NewClient()
	f.Add([]byte("/?!\r\n\xFF\xFF\r\x00"), true)
	f.Add(c.Start(nil), true)
	f.Add(s.Start(nil), false)
	f.Add([]byte("\xFF\xFD\x2C\xFF\xFA\x2C\x65\x00\x00\x25\x80\xFF\xF0x\xFF\xFA\x2C\x6B\xFF\xFF\xFF\xF0"), false)
	f.Add([]byte("\xFF\xFB\x2C\xFF\xFA\x2C\x01\x00\x00\xFF\xFF\x80\xFF\xF0x\xFF\xFA\x2C\x05\x05\xFF\xF0\xFF\xF3\xFF\xF6"), true)
	f.Add([]byte("\xFF\xFA\x2C\x00\xFF\xF0\xFF\xFA\x2C\x0C\x03\xFF\xFB\x00\r\x00"), true)
	f.Fuzz(func(t *testing.T, p []byte, server bool) {
		make := func() end {
			if server {
				return NewServer("meter", CTS)
			}
			return NewClient()
		}
		whole, pieces := make(), make()
		whole.Start(nil)
		pieces.Start(nil)
		var a, b heard
		a.add(whole.Decode(p))
		for i := range p {
			b.add(pieces.Decode(p[i : i+1]))
		}
		if !slices.Equal(a.pieces, b.pieces) || !bytes.Equal(a.reply, b.reply) || a.dropped != b.dropped {
			t.Errorf("at once %q, % X, %d; byte by byte %q, % X, %d", a.pieces, a.reply, a.dropped, b.pieces, b.reply, b.dropped)
		}
		if len(a.reply) > 10*len(p)+20 {
			t.Errorf("%d bytes are answered by %d", len(p), len(a.reply))
		}
		if whole.Spoken() != pieces.Spoken() || whole.Settled() != pieces.Settled() || whole.Binary() != pieces.Binary() {
			t.Error("the ends have come to different states")
		}
	})
}

// FuzzData sends bytes each way, in binary mode and outside of it, cut at any place.
func FuzzData(f *testing.F) {
	f.Add([]byte("/?!\r\n"), 2, true)
	f.Add([]byte("\xFF\xFF\xFF\xFA\x2C\r\x00\r\xFF\x00\n"), 5, false)
	f.Fuzz(func(t *testing.T, p []byte, cut int, binary bool) {
		s, c := NewServer("", 0), NewClient()
		if binary {
			settle(t, s, c)
		}
		for _, way := range [][2]end{{s, c}, {c, s}} {
			wire := way[0].AppendData(nil, p)
			at := min(max(cut, 0), len(wire))
			var h heard
			h.add(way[1].Decode(wire[:at]))
			h.add(way[1].Decode(wire[at:]))
			if got := strings.Join(h.pieces, "|"); len(p) > 0 && got != "="+string(p) || h.dropped > 0 || len(h.reply) > 0 {
				t.Errorf("%q arrives as %q, %d dropped, answered by %q", p, got, h.dropped, h.reply)
			}
		}
	})
}
