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

// TestNumericConnect: programs that ask for numbers know the speeds by Rockwell's.
func TestNumericConnect(t *testing.T) {
	for speed, want := range map[int]string{
		300: "1", 600: "9", 1200: "5", 2400: "10", 4800: "11", 7200: "13", 9600: "12", 12000: "14", 14400: "15", 19200: "16", 38400: "17",
		57600: "18", 115200: "19", 111: "1",
	} {
		m := New(Config{ConnectSpeed: speed}, nil)
		m.FromDTE([]byte("ATE0V0X4D1\r"), start)
		m.Connected(start)
		if got := dte(m.Tick(start.Add(time.Minute))); got != want+"\r" {
			t.Errorf("%d: %q, want %s", speed, got, want)
		}
	}
}

// TestStrayBytesWhileDialling: only what could have been meant for the meter counts as dropped.
func TestStrayBytesWhileDialling(t *testing.T) {
	for in, want := range map[string]int{"\r": 0, "\n": 0, "\x11": 0, "\x13": 0, "x": 1, "\x12": 1, "x\r\ny\x11\x13\x00": 3} {
		m := New(Config{}, nil)
		m.FromDTE([]byte("ATE0D1\r\n"), start)
		got := 0
		for _, d := range m.FromDTE([]byte(in), start).Drops {
			got += d.Bytes
			if d.Reason != DropDialling {
				t.Errorf("%q: %s", in, d.Reason)
			}
		}
		if got != want {
			t.Errorf("%q: %d dropped, want %d", in, got, want)
		}
	}
	for in, ends := range map[string]bool{"+++": true, "++x+": false, "++x++": false, "x+++": true, "++": false} {
		m := New(Config{}, nil)
		m.FromDTE([]byte("ATE0D1\r\n"), start)
		if got := len(m.FromDTE([]byte(in), start).Actions) > 0; got != ends {
			t.Errorf("%q ends the attempt: %v", in, got)
		}
	}
}

func TestUnknownNumberRegister(t *testing.T) {
	for _, r := range []Result{NoCarrier, Busy, NoAnswer} {
		if got := plain(said(New(Config{UnknownNumber: r}, nil), "ATS90?\r")); got != fmt.Sprintf("%03d OK", int(r)) {
			t.Errorf("%v: %s", r, got)
		}
	}
}

// TestResultsByLevel: which failures X lets a program tell apart (V.250, 6.2.7).
func TestResultsByLevel(t *testing.T) {
	for x, want := range []string{
		"NO CARRIER, NO CARRIER", "NO CARRIER, NO CARRIER", "NO CARRIER, NO DIALTONE", "BUSY, NO CARRIER", "BUSY, NO DIALTONE",
	} {
		var got []string
		for _, r := range []Result{Busy, NoDialtone} {
			m := New(Config{}, nil)
			m.FromDTE(fmt.Appendf(nil, "ATE0X%dD1\r", x), start)
			got = append(got, plain(dte(m.Failed(r, start))))
		}
		if got := strings.Join(got, ", "); got != want {
			t.Errorf("X%d: %s, want %s", x, got, want)
		}
	}
}

// TestDialledDigits: each digit and letter of a number reaches the far end, wherever it stands.
func TestDialledDigits(t *testing.T) {
	for dialled, want := range map[string]string{
		"0": "0", "(00) 49-1": "00491", "+0": "+0", "1234567890": "1234567890", "*#1ABCD": "*#1ABCD", "0a-1": "0A1",
	} {
		acts := New(Config{}, nil).FromDTE([]byte("ATDT"+dialled+"\r"), start).Actions
		if d, ok := acts[len(acts)-1].(Dial); !ok || d.Number != want {
			t.Errorf("%s: %+v, want %s", dialled, acts, want)
		}
	}
}

// TestLineTooLong: it is refused (V.250, 5.5), and A/ and the next one are not.
func TestLineTooLong(t *testing.T) {
	m := New(Config{}, nil)
	long := "AT" + strings.Repeat(" ", 10_000) + "I\r"
	if got := said(m, "ATI\r"+long); got != identity+"\r\nERROR\r\n" {
		t.Errorf("%q", got)
	}
	if got := dte(m.FromDTE([]byte("A/"+long+"ATI\r"), start)); got != identity+"\r\nERROR\r\n"+identity {
		t.Errorf("%q", got)
	}
}

// TestEscapeWhileDialling: S2 is the character of the escape, and above 127 there is none.
func TestEscapeWhileDialling(t *testing.T) {
	for _, c := range []struct {
		s2   int
		in   string
		ends bool
	}{
		{'+', "+++", true}, {'!', "!!!", true}, {'!', "+++", false}, {127, "\x7f\x7f\x7f", true}, {128, "\x80\x80\x80", false}, {255, "\xff\xff\xff", false},
	} {
		m := New(Config{}, nil)
		m.FromDTE(fmt.Appendf(nil, "ATE0S2=%dD1\r\n", c.s2), start)
		if got := len(m.FromDTE([]byte(c.in), start).Actions) > 0; got != c.ends {
			t.Errorf("S2=%d, %q: ends the attempt: %v", c.s2, c.in, got)
		}
	}
}

// TestTooHigh: a tolerant modem takes too high an X for its highest, and leaves another setting as it was.
func TestTooHigh(t *testing.T) {
	m := New(Config{}, nil)
	if got := plain(said(m, "ATX1X9Q9\r")); got != "OK" {
		t.Errorf("%q", got)
	}
	m.FromDTE([]byte("ATD1\r"), start)
	if got := plain(dte(m.Failed(Busy, start))); got != "BUSY" {
		t.Errorf("%q", got)
	}
	if got := plain(said(New(Config{Strict: true}, nil), "ATX9\r")); got != "ERROR" {
		t.Errorf("strict: %q", got)
	}
}
