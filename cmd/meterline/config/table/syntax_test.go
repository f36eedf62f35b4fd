package table

import (
	"strings"
	"testing"
)

// A table's name that TOML cannot read as it stands is shown as it has to be written, and that is then read.
func TestHeaderHints(t *testing.T) {
	for text, want := range map[string]string{
		"[modem.котельная]\n":       `[modem."котельная"]`,
		"[modem.№1]\n":              `[modem."№1"]`,
		"[modem.boiler house]\n":    "[modem.boiler-house]",
		"  [ modem.a/b ]\n":         "[modem.a-b]",
		"[modem.a\ndial = \"x:1\"":  "[modem.a]",
		"[modem.10.8.0.12 (old)]\n": `[modem."10.8.0.12-(old)"]`,
	} {
		_, f := Decode(&Source{Name: "m.toml"}, []byte(text))
		if f == nil || f.At.Line != 1 || !strings.Contains(f.String(), ": write "+want+"\n") {
			t.Errorf("%q: got %v, want %s", text, f, want)
			continue
		}
		if _, f := Decode(&Source{Name: "m.toml"}, []byte(want+"\n")); f != nil {
			t.Errorf("followed, %s is %v", want, f)
		}
	}
	for _, text := range []string{"[котел]\n", "[ ]\n", "котел = 1\n"} {
		if _, f := Decode(&Source{Name: "m.toml"}, []byte(text)); f == nil || strings.Contains(f.String(), ": write [") {
			t.Errorf("%q: got %v", text, f)
		}
	}
}
