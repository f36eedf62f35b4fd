package fallback

import (
	"strings"
	"testing"

	"meterline/bridge/modem"
)

func TestAnswerMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"OK", "", false},
		{"OK", "OK, but no", false},
		{"OK", "NOT OK", false},
		{"O?K", "OK", false},
		{"*CONNECT*", "CONECT", false},
		{"a*b*c", "acb", false},
		{"[OK]", "O", false}, // no classes
		{"OK", "ok", true},
		{"ok", " OK\r\n", true},
		{"*CONNECT*", "Command CONNECT taken", true},
		{"*CONNECT*", "connect", true},
		{"*готов*", "Модем ГОТОВ.", true},
		{"ready in ?? s", "READY  in\n30 s", true},
		{"*", "", true},
		{"a*b*c", "a b b c c", true},
		{"**a", "bba", true},
		{"[OK]", "[ok]", true},
	} {
		if got := matches([]string{"nothing", c.pattern}, c.text); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.text, got)
		}
	}
	if matches([]string{strings.Repeat("*a", 80) + "b"}, strings.Repeat("a", 480)) {
		t.Error("matched")
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add("*CONNECT*", "x connect y")
	f.Add("a?c", "ABC")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		got := matches([]string{pattern}, text)
		if got && !matches([]string{"*" + plainText(pattern) + "*"}, text) {
			t.Fatalf("%q matches %q, and with stars not", pattern, text)
		}
		if !strings.ContainsAny(pattern, "*?") && got != (plainText(pattern) == plainText(text)) {
			t.Fatalf("%q on %q: %v", pattern, text, got)
		}
	})
}

func TestCheckAnswer(t *testing.T) {
	for _, bad := range []struct {
		by      modem.Wake
		pattern string
	}{{modem.WakeCall, "OK"}, {modem.WakeCall, "*"}, {modem.WakeCall, "RINGING"}, {modem.WakeSMS, strings.Repeat("я", 161)}} {
		if CheckAnswer(bad.by, bad.pattern) == nil {
			t.Errorf("%s takes %q", bad.by, bad.pattern)
		}
	}
	for _, good := range []struct {
		by      modem.Wake
		pattern string
	}{{modem.WakeCall, "busy"}, {modem.WakeCall, "NO CARRIER"}, {modem.WakeCall, "rang"}, {modem.WakeSMS, strings.Repeat("я", 160)}} {
		if err := CheckAnswer(good.by, good.pattern); err != nil {
			t.Error(err)
		}
	}
}
