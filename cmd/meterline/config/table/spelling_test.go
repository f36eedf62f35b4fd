package table

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	words := []string{"port", "listen", "keepalive_idle", "retry_min", "retry_max"}
	for typed, want := range map[string]string{
		"colour": "", "x": "", "": "", "Port": "port", "prot": "port", "listn": "listen", "keepaliveidle": "keepalive_idle",
		"retry_mix": "retry_min", strings.Repeat("p", 500): "",
	} {
		if got := Nearest(typed, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestParseBytes(t *testing.T) {
	bad := []string{"", "hex:", "hex:1", "hex:0G", "hex:0 1 2", "ö", "\u00ff", strings.Repeat("x", 11), "hex:" + strings.Repeat("00", 11)}
	for _, s := range bad {
		if b, f := ParseBytes(s, 10); f == nil {
			t.Errorf("ParseBytes(%q) = %x", s, b)
		}
	}
	for s, want := range map[string]string{"LOG\r\n": "LOG\r\n", "hex:7B 01": "{\x01", "hex:fe": "\xfe", "hex: 00 ": "\x00", "HEX:00": "HEX:00"} {
		if b, f := ParseBytes(s, 10); f != nil || string(b) != want {
			t.Errorf("ParseBytes(%q) = %q, %v", s, b, f)
		}
	}
}
