package frame

import "testing"

func TestBeforeChange(t *testing.T) {
	for _, c := range []struct {
		name, lately, bytes string
		want                int
	}{
		{"nothing", "", "", 0},
		{"a request", "", "\x01\x03\x00\x00\x00\x01\x84\x0A", 0},
		{"a request to unit 6", "", "\x06\x03\x00\x00\x00\x01\x85\xBD", 0},
		{"an acknowledgement that is cut off", "", "\x06050\r", 0},
		{"one that says nothing", "", "\x06", 0},
		{"a sign-on", "", "/?!\r\n", 0},
		{"another command than the break", "", "\x01R1\x02\x03", 0},
		{"a request behind another", "\x01\x03\x00\x00\x00\x01\x84\x0A", "\x01\x03\x00\x00\x00\x01\x84\x0A", 0},
		{"a request behind a break", "\x01B0\x03q", "/?!\r\n", 0},
		{"a request behind an acknowledgement", "\x06050\r\n", "/?!\r\n", 0},
		{"an acknowledgement", "", "\x06050\r\n", 6},
		{"one with parity in its bytes", "", "\x06\x30\x35\x30\x8D\x0A", 6},
		{"one for binary data", "", "\x06252\r\n", 6},
		{"one and a request", "", "\x06050\r\nrequest", 6},
		{"its rest", "/?!\r\n\x060", "50\r\n", 4},
		{"its last byte", "\x06050\r", "\n", 1},
		{"a break", "", "\x01B0\x03q", 5},
		{"one with parity in its bytes", "", "\x81\x42\x30\x03\x71", 5},
		{"one and the next sign-on", "", "\x01B0\x03q/?!\r\n", 5},
		{"its rest, and the next sign-on", "\x01B0", "\x03q/?!\r\n", 2},
	} {
		if got := BeforeChange([]byte(c.bytes), []byte(c.lately)); got != c.want {
			t.Errorf("%s: %d of %q behind %q were written before, want %d", c.name, got, c.bytes, c.lately, c.want)
		}
	}
}

func FuzzBeforeChange(f *testing.F) {
	f.Add([]byte("\x06050\r\n"), []byte("\x060"))
	f.Fuzz(func(t *testing.T, b, lately []byte) {
		if n := BeforeChange(b, lately); n < 0 || n > len(b) {
			t.Errorf("%d of %d", n, len(b))
		}
	})
}
