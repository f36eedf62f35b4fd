package hayes

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// online is a modem on line since long, echo off.
func online(c Config) (*Modem, time.Time) {
	m := New(c, nil)
	m.FromDTE([]byte("ATE0D1\r"), start)
	m.Connected(start)
	now := start.Add(time.Minute)
	m.Tick(now)
	return m, now
}

// TestPlusesInData: three escape characters in data of all sizes, cut in all ways, with less than the guard time between
// the pieces, are data.
func TestPlusesInData(t *testing.T) {
	for before := range 6 {
		for after := range 6 {
			text := strings.Repeat("a", before) + "+++" + strings.Repeat("b", after)
			if before+after == 0 {
				continue // the one case that is an escape
			}
			for cut := range 1 << (len(text) - 1) {
				m, now := online(Config{})
				var out strings.Builder
				from := 0
				for i := range len(text) {
					if i == len(text)-1 || cut>>i&1 == 1 {
						out.WriteString(toLine(m.FromDTE([]byte(text[from:i+1]), now)))
						from, now = i+1, now.Add(399*time.Millisecond)
					}
				}
				out.WriteString(toLine(m.Tick(now.Add(time.Minute))))
				if got := out.String(); got != text || m.State().Phase != Online {
					t.Fatalf("%q cut by %b: %q, %v", text, cut, got, m.State().Phase)
				}
			}
		}
	}
}

// TestPlusesInLongWrites: the same in writes of many sizes, whole.
func TestPlusesInLongWrites(t *testing.T) {
	for size := 4; size < 5000; size = size*5/4 + 1 {
		for _, at := range []int{0, 1, size / 2, size - 4, size - 3} {
			text := bytes.Repeat([]byte{'x'}, size)
			copy(text[at:], "+++")
			m, now := online(Config{})
			got := toLine(m.FromDTE(text, now)) + toLine(m.Tick(now.Add(time.Minute)))
			if got != string(text) || m.State().Phase != Online {
				t.Fatalf("%d bytes, pluses at %d: %v", size, at, m.State().Phase)
			}
		}
	}
}

// TestOnePlus: characters that become no escape go on, in order, at the end of the pace or when something follows.
func TestOnePlus(t *testing.T) {
	m, now := online(Config{})
	if got := toLine(m.FromDTE([]byte("++"), now)); got != "" {
		t.Fatalf("%q at once", got)
	}
	if due := m.Due(); !due.Equal(now.Add(800 * time.Millisecond)) {
		t.Fatalf("due in %v", due.Sub(now))
	}
	if got := toLine(m.Tick(m.Due())); got != "++" {
		t.Fatalf("%q", got)
	}
	now = now.Add(5 * time.Second)
	if got := toLine(m.FromDTE([]byte("+"), now)) + toLine(m.FromDTE([]byte("1"), now)); got != "+1" {
		t.Fatalf("%q", got)
	}
	if !m.Due().IsZero() {
		t.Fatal("a timer is left")
	}
}

// TestNoEscape: S2 above 127 disables it; another S2 takes its place.
func TestNoEscape(t *testing.T) {
	for s2, c := range map[string]string{"255": "+", "128": "\x80", "33": "+"} {
		m, now := online(Config{Init: "S2=" + s2})
		text := strings.Repeat(c, 3)
		if got := toLine(m.FromDTE([]byte(text), now)); got != text {
			t.Errorf("S2=%s: %q", s2, got)
		}
	}
	m, now := online(Config{Init: "S2=33"})
	m.FromDTE([]byte("!!!"), now)
	if m.Tick(now.Add(time.Second)); m.State().Phase != Escaped {
		t.Error("S2=33: no escape by !!!")
	}
}

// TestEightBits: all byte values pass, on line, and held before CONNECT.
func TestEightBits(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	m, now := online(Config{})
	for _, c := range all {
		now = now.Add(time.Second)
		got := toLine(m.FromDTE([]byte{c}, now))
		got += toLine(m.FromDTE([]byte{c, 'x', c}, now))
		if got != string([]byte{c, c, 'x', c}) {
			t.Errorf("%02x to the line: %x", c, got)
		}
		if got := dte(m.FromLine([]byte{c}, now)); got != string([]byte{c}) {
			t.Errorf("%02x to the program: %x", c, got)
		}
	}
	m = New(Config{}, nil)
	m.FromDTE([]byte("ATE0D1\r"), start)
	for _, c := range all {
		m.FromLine([]byte{c}, start)
	}
	m.Connected(start)
	if got := dte(m.Tick(start.Add(time.Second))); got != "\r\nCONNECT 9600\r\n"+string(all) {
		t.Errorf("held: %q", got)
	}
}

// TestHoldsNewest: what does not fit is counted, the oldest goes; Room tells beforehand.
func TestHoldsNewest(t *testing.T) {
	m := New(Config{HoldMax: 256}, nil)
	if m.Room() != 0 {
		t.Error("room without a call")
	}
	if d := m.FromLine([]byte("xx"), start).Drops; len(d) != 1 || d[0] != (Drop{DropNoCall, 2}) {
		t.Error(d)
	}
	m.FromDTE([]byte("ATE0D1\r"), start)
	m.FromLine(bytes.Repeat([]byte{'a'}, 250), start)
	if m.Room() != 6 {
		t.Error("room", m.Room())
	}
	if d := m.FromLine([]byte("0123456789"), start).Drops; len(d) != 1 || d[0] != (Drop{DropHeldFull, 4}) {
		t.Error(d)
	}
	if d := m.FromLine(bytes.Repeat([]byte{'b'}, 300), start).Drops; len(d) != 1 || d[0].Bytes != 300 {
		t.Error(d)
	}
	m.Connected(start)
	if got := dte(m.Tick(start.Add(time.Second))); got != "\r\nCONNECT 9600\r\n"+strings.Repeat("b", 256) {
		t.Errorf("%q", got)
	}
	if m.Room() != 256 {
		t.Error("room on line", m.Room())
	}
	if d := m.Failed(Busy, start).Drops; d != nil || m.State().Phase != Command {
		t.Error("Failed on line:", d, m.State())
	}
}

// TestLate: a Tick that comes late, and a time that goes back, do no harm.
func TestLate(t *testing.T) {
	m := New(Config{}, nil)
	m.FromDTE([]byte("ATE0D1\r"), start)
	m.Connected(start)
	if got := dte(m.FromLine([]byte("x"), start.Add(time.Hour))); got != "\r\nCONNECT 9600\r\nx" {
		t.Errorf("%q", got)
	}
	m.FromDTE([]byte("+++"), start)
	if got := dte(m.FromLine([]byte("y"), start.Add(2*time.Hour))); got != "\r\nOK\r\n" {
		t.Errorf("%q", got)
	}
}

// TestLinefeedBehindConnect: with a quick CONNECT the time for the line feed behind ATD is not over, and still the first
// byte that follows CONNECT is the meter's.
func TestLinefeedBehindConnect(t *testing.T) {
	m := New(Config{ConnectDelay: 300 * time.Millisecond}, nil)
	m.FromDTE([]byte("ATD1\r"), start)
	m.Connected(start)
	now := start.Add(350 * time.Millisecond)
	if got := toLine(m.FromDTE([]byte("\n\x03"), now)); got != "\n\x03" {
		t.Errorf("%q", got)
	}
}
