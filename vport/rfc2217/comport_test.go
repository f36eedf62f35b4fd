package rfc2217

import (
	"slices"
	"strings"
	"testing"
)

// sub is a subnegotiation as it is sent.
func sub(command byte, value ...byte) string { return string(appendComPort(nil, command, value...)) }

func TestServer(t *testing.T) {
	for _, c := range []struct {
		name, in, reply string
		heard           []string
	}{
		{"a speed of nothing asks", sub(1, 0, 0, 0, 0), sub(101, 0, 0, 0x25, 0x80), nil},
		{"the slowest speed", sub(1, 0, 0, 0, 1), sub(101, 0, 0, 0, 1), []string{"changed 1 ???"}},
		{"a speed that is cut off", sub(1, 0, 0), sub(101, 0, 0, 0x25, 0x80), nil},
		{"a speed beyond everything", sub(1, 0xFF, 0xFF, 0xFF, 0xFF), sub(101, 0, 0, 0x25, 0x80), nil},
		{"nine data bits", sub(2, 9), sub(102, 8), nil},
		{"no parity of that number", sub(3, 6), sub(103, 1), nil},
		{"no stop bits of that number", sub(4, 4), sub(104, 1), nil},
		{"a purge of nothing", sub(12, 4), sub(112, 4), nil},
		{"a command that nobody knows", sub(77, 4), "", nil},
		{"without a value", sub(3), sub(103, 1), nil},
		{"a speed with an IAC in it", "\xFF\xFA\x2C\x01\x00\x00\xFF\xFF\x00\xFF\xF0", "\xFF\xFA\x2C\x65\x00\x00\xFF\xFF\x00\xFF\xF0", []string{"changed 65280 ???"}},
		{"all settings", sub(1, 0, 0, 1, 0x2C) + sub(2, 7) + sub(3, 3) + sub(4, 2), sub(101, 0, 0, 1, 0x2C) + sub(102, 7) + sub(103, 3) + sub(104, 2),
			[]string{"changed 300 ???", "changed 300 7??", "changed 300 7E?", "changed 300 7E2"}},
		{"the same again", sub(4, 3) + sub(4, 3), sub(104, 3) + sub(104, 3), []string{"changed ? ??1.5"}},
		{"settings among data", "ab" + sub(2, 7) + "cd", sub(102, 7), []string{"=ab", "changed ? 7??", "=cd"}},
		{"signatures", sub(0) + sub(0, []byte("HW VSP")...), sub(100, []byte("meter")...), []string{"signature HW VSP"}},
		{"break", sub(5, 4) + sub(5, 5) + sub(5, 4) + sub(5, 6) + "\xFF\xF3", sub(105, 6) + sub(105, 5) + sub(105, 5) + sub(105, 6), []string{"break 1", "break 0", "break 2"}},
		{"DTR", sub(5, 7) + sub(5, 9) + sub(5, 7) + sub(5, 8), sub(105, 8) + sub(105, 9) + sub(105, 9) + sub(105, 8), []string{"dtr 0", "dtr 1"}},
		{"RTS", sub(5, 10) + sub(5, 12) + sub(5, 10) + sub(5, 11), sub(105, 11) + sub(105, 12) + sub(105, 12) + sub(105, 11), []string{"rts 0", "rts 1"}},
		{"flow control", sub(5, 0) + sub(5, 3) + sub(5, 0) + sub(5, 17) + sub(5, 19), sub(105, 1) + sub(105, 3) + sub(105, 3) + sub(105, 17) + sub(105, 19), nil},
		{"flow control inward", sub(5, 13) + sub(5, 16) + sub(5, 13) + sub(5, 18), sub(105, 14) + sub(105, 16) + sub(105, 16) + sub(105, 18), nil},
		{"purges", sub(12, 1) + "x" + sub(12, 2) + sub(12, 3), sub(112, 1) + sub(112, 2) + sub(112, 3), []string{"purge 1", "=x", "purge 2", "purge 3"}},
		{"suspend and resume", sub(8) + sub(9), "", []string{"suspend 0", "resume 0"}},
		{"masks", sub(10, 0x1E) + sub(11, 0xF0), sub(110, 0x1E) + sub(111, 0xF0), nil},
		{"polls", sub(6) + sub(7), sub(106, 0) + sub(107, 0x30), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewServer("meter", CTS|DSR)
			var h heard
			h.add(s.Decode([]byte(c.in)))
			if string(h.reply) != c.reply || !slices.Equal(h.pieces, c.heard) {
				t.Errorf("%q, reply % X; want %q, % X", h.pieces, h.reply, c.heard, c.reply)
			}
		})
	}
}

func TestModemLines(t *testing.T) {
	s, _ := agreedPair(t)
	for _, step := range []struct {
		name  string
		lines byte
		want  string
	}{
		{"the same", CTS | DSR, ""},
		{"carrier comes", CTS | DSR | CD, sub(107, 0xB8)},
		{"it rings", CTS | DSR | CD | RI, sub(107, 0xF0)},
		{"it has rung", CTS | DSR | CD, sub(107, 0xB4)},
		{"carrier goes", CTS | DSR, sub(107, 0x38)},
		{"CTS goes", DSR, sub(107, 0x21)},
	} {
		if got := s.AppendLines(nil, step.lines); string(got) != step.want {
			t.Errorf("%s: % X, want % X", step.name, got, step.want)
		}
	}
	_ = s.Decode([]byte(sub(11, CTS)))
	if got := s.AppendLines(nil, DSR|CD); len(got) > 0 {
		t.Errorf("a client that does not want to know of carrier is told % X", got)
	}
	if got := NewServer("", 0).AppendLines(nil, CD); len(got) > 0 {
		t.Errorf("a client that does not know the option is told % X", got)
	}
}

// TestWatch: a client asks to be told of the modem lines and of errors of the line, which nobody tells it otherwise.
func TestWatch(t *testing.T) {
	_, c := agreedPair(t)
	if got, want := string(c.AppendWatch(nil)), sub(11, 0xF0)+sub(10, 0x1E)+sub(0); got != want {
		t.Errorf("% X, want % X", got, want)
	}
	if got := NewClient().AppendWatch(nil); len(got) > 0 {
		t.Errorf("before anything is agreed: % X", got)
	}
}

func TestParityLetters(t *testing.T) {
	for p, want := range map[Parity]string{0: "?", ParityNone: "N", ParityOdd: "O", ParityEven: "E", ParityMark: "M", ParitySpace: "S", 6: "?"} {
		if p.String() != want {
			t.Errorf("%d: %s, want %s", p, p, want)
		}
	}
}

func TestClientSets(t *testing.T) {
	s, c := agreedPair(t)
	want := Settings{Speed: 300, DataBits: 7, Parity: ParityEven, StopBits: StopOne}
	var atServer, atClient heard
	atServer.add(s.Decode(c.AppendSettings(nil, want)))
	if c.Awaited() != 4 || s.Settings() != want {
		t.Errorf("%d answers awaited, the server has %v", c.Awaited(), s.Settings())
	}
	atClient.add(c.Decode(atServer.reply))
	if c.Awaited() != 0 || c.Got() != want || atClient.pieces[len(atClient.pieces)-1] != "changed 300 7E1" {
		t.Errorf("%d answers awaited, the client has %v, %q", c.Awaited(), c.Got(), atClient.pieces)
	}
	var more heard
	more.add(s.Decode(c.AppendPurge(c.AppendBreak(c.AppendDTR(c.AppendRTS(nil, false), false), BreakOn), PurgeReceived)))
	more.add(s.Decode(c.AppendBreak(c.AppendBreak(nil, BreakOff), BreakShort)))
	if got, want := strings.Join(more.pieces, ","), "rts 0,dtr 0,break 1,purge 1,break 0,break 2"; got != want {
		t.Errorf("the server hears %s, want %s", got, want)
	}
	if got := c.AppendPurge(nil, 0); len(got) > 0 {
		t.Errorf("a purge of nothing is sent as % X", got)
	}
}

func TestClientHears(t *testing.T) {
	for _, c := range []struct {
		name, in string
		ask      Settings
		heard    []string
		awaited  int
	}{
		{"a speed that the port cannot have", sub(101, 0, 0, 0x25, 0x80), Settings{Speed: 300}, []string{"unsupported 9600 ???"}, 0},
		{"other data bits", sub(102, 8), Settings{DataBits: 7}, []string{"unsupported ? 8??"}, 0},
		{"another parity", sub(103, 1), Settings{Parity: ParityEven}, []string{"unsupported ? ?N?"}, 0},
		{"other stop bits", sub(104, 1), Settings{StopBits: StopTwo}, []string{"unsupported ? ??1"}, 0},
		{"no answer", "data", Settings{Speed: 300, Parity: ParityOdd}, []string{"=data"}, 2},
		{"an answer nobody asked for", sub(101, 0, 0, 1, 0x2C), Settings{}, []string{"changed 300 ???"}, 0},
		{"an answer that is cut off", sub(101, 0, 0), Settings{}, nil, 0},
		{"what a client would say", sub(1, 0, 0, 1, 0x2C), Settings{}, nil, 0},
		{"lines", "a" + sub(107, 0xB8) + sub(106, 0x0C), Settings{}, []string{"=a", "modem 4", "line 2"}, 0},
		{"flow control", sub(108) + sub(109) + sub(8) + sub(9), Settings{}, []string{"suspend 0", "resume 0", "suspend 0", "resume 0"}, 0},
		{"a signature", sub(100, []byte("ser2net")...), Settings{}, []string{"signature ser2net"}, 0},
		{"answers that change nothing", sub(105, 8) + sub(110, 0) + sub(111, 0) + sub(112, 3), Settings{}, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, client := agreedPair(t)
			_ = client.AppendSettings(nil, c.ask)
			var h heard
			h.add(client.Decode([]byte(c.in)))
			if !slices.Equal(h.pieces, c.heard) || client.Awaited() != c.awaited || len(h.reply) > 0 {
				t.Errorf("%q, %d awaited, reply % X; want %q, %d", h.pieces, client.Awaited(), h.reply, c.heard, c.awaited)
			}
		})
	}
}

func TestLateAnswers(t *testing.T) {
	s, c := agreedPair(t)
	first := c.AppendSettings(nil, Settings{Speed: 300})
	second := c.AppendSettings(nil, Settings{Speed: 9600})
	var h heard
	h.add(c.Decode(s.Decode(first).Reply))
	if len(h.pieces) > 0 || c.Awaited() != 1 {
		t.Errorf("the answer to an earlier request is taken for a refusal: %q", h.pieces)
	}
	h.add(c.Decode(s.Decode(second).Reply))
	if !slices.Equal(h.pieces, []string{"changed 9600 ???"}) {
		t.Errorf("%q", h.pieces)
	}
}
