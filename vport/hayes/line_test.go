package hayes

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const identity = "\r\nmeterline emulated modem\r\n\r\nOK\r\n"

// TestEndOfLine: S3 ends a command line, and the line feed of the default settings does, too. Any other control character is
// no part of the line (V.250, 5.2.2).
func TestEndOfLine(t *testing.T) {
	for _, l := range []struct {
		settings, in, want string
		strict             bool
	}{
		{"S3=33", "ATI!", "!\nmeterline emulated modem!\n!\nOK!\n", false},
		{"S3=33", "ATI\r", "", false},
		{"S3=33", "AT\rI!", "!\nmeterline emulated modem!\n!\nOK!\n", false},
		{"S3=33", "ATI\n", "!\nmeterline emulated modem!\n!\nOK!\n", false},
		{"", "ATI\n", "", true},
		{"S3=10", "ATI\n", strings.ReplaceAll(identity, "\r", "\n"), true},
		{"S3=0", "ATI\x00", strings.ReplaceAll(identity, "\r", "\x00"), true},
	} {
		m := New(Config{Strict: l.strict}, nil)
		m.FromDTE([]byte("ATE0"+l.settings+"\r"), start)
		if got := dte(m.FromDTE([]byte(l.in), start)); got != l.want {
			t.Errorf("%s, strict %v: %q: %q, want %q", l.settings, l.strict, l.in, got, l.want)
		}
	}
}

// TestParityOfALine: a program that writes seven bits and parity sets the eighth bit of some characters, wherever they stand.
func TestParityOfALine(t *testing.T) {
	for _, in := range []string{"\xc1TI\r", "A\xd4I\r", "\xc1\xd4\xc9\x8d", "\xe1\xf4\xc9\x8d", "\xc1TX\x88I\x8d"} {
		if got := said(New(Config{}, nil), in); got != identity {
			t.Errorf("%q: %q", in, got)
		}
	}
	// Without parity in the prefix an eighth bit is a character's own. It ends no line, and the line before does not count.
	m := New(Config{RefuseUnknown: true}, nil)
	if got := said(m, "\xc1TI\x8d"); got != identity {
		t.Errorf("%q", got)
	}
	if got := dte(m.FromDTE([]byte("ATI\x8d"), start)); got != "" {
		t.Errorf("%q", got)
	}
	if got := dte(m.FromDTE([]byte("\r"), start)); !strings.HasSuffix(got, "\r\nERROR\r\n") {
		t.Errorf("%q", got)
	}
}

// TestLineFeedBehindOnline: CONNECT of ATO is out at once. The line feed of a program that ends its lines by CR LF does not
// reach the meter then. What comes later, or behind a line that ended otherwise, is the meter's.
func TestLineFeedBehindOnline(t *testing.T) {
	const wait = 100 * time.Millisecond
	for _, l := range []struct {
		settings, line, then string
		late                 time.Duration
		want                 string
	}{
		{"", "ATO\r", "\nx", wait - 1, "x"},
		{"", "ATO\r", "\nx", wait, "\nx"},
		{"", "ATO\r", "\n\nx", 0, "\nx"},
		{"", "ATO\r", "x\n", 0, "x\n"},
		{"", "ATO\r", "\x8ax", 0, "\x8ax"},
		{"", "\xc1TO\x8d", "\x8ax", 0, "x"},
		{"", "\xc1TO\x8d", "\nx", 0, "x"},
		{"", "ATO\n", "\nx", 0, "\nx"},
		{"S3=10", "ATO\n", "\nx", 0, "\nx"},
		{"S3=33", "ATO!", "\nx", 0, "x"},
	} {
		m := New(Config{LFWait: wait}, nil)
		m.FromDTE([]byte("ATE0"+l.settings+"D1\r\n"), start)
		m.Connected(start)
		now := start.Add(time.Minute)
		m.Tick(now)
		m.FromDTE([]byte("+++"), now)
		now = now.Add(time.Minute)
		m.Tick(now)
		before := toLine(m.FromDTE([]byte(l.line), now))
		now = now.Add(l.late)
		got := before + toLine(m.FromDTE([]byte(l.then), now)) + toLine(m.Tick(now.Add(time.Minute)))
		if got != l.want {
			t.Errorf("%s %q, %v later %q: %q to the meter, want %q", l.settings, l.line, l.late, l.then, got, l.want)
		}
	}
}

// TestDialogueRegisters: a value at which nobody would understand the modem any more is refused by every configuration.
func TestDialogueRegisters(t *testing.T) {
	for _, r := range []int{3, 4, 5} {
		for v, want := range map[int]string{0: "OK", 1: "OK", 127: "OK", 128: "ERROR", 255: "ERROR"} {
			if got := said(New(Config{}, nil), fmt.Sprintf("ATS%d=%d\r", r, v)); !strings.Contains(got, want) {
				t.Errorf("S%d=%d: %q, want %s", r, v, got, want)
			}
		}
	}
	for line, want := range map[string]string{"ATS9=0\r": "OK", "ATS9=256\r": "ERROR", "ATS90=5\r": "ERROR", "ATS90=2\r": "ERROR", "ATS90=8\r": "OK", "ATS90=9\r": "ERROR"} {
		if got := said(New(Config{}, nil), line); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %s", line, got, want)
		}
	}
	if got := said(New(Config{Strict: true}, nil), "ATS9=0\r"); !strings.Contains(got, "ERROR") {
		t.Errorf("strict: %q", got)
	}
}
