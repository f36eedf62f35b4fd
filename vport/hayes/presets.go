package hayes

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// presets by name. A new one is one more entry here.
var presets = []struct {
	name   string
	config Config
}{
	// works with all programs known to us
	{"tolerant", Config{}},
	// a GSM modem, as programs for 27.007 expect it
	{"gsm", Config{RefuseUnknown: true, Strict: true, AbortAny: true, Guard: time.Second, Pace: 20 * time.Millisecond, Phonebook: Error}},
	// a modem on a wire, V.250 and Hayes to the letter
	{"strict-hayes", Config{
		RefuseUnknown: true, Strict: true, HayesOnly: true, AbortAny: true, Guard: time.Second, Pace: 20 * time.Millisecond, Phonebook: Error,
	}},
}

// Preset returns the configuration of that name; "" is "tolerant".
func Preset(name string) (Config, error) {
	for _, p := range presets {
		if p.name == name || name == "" {
			c := p.config
			c.Refuse = slices.Clone(c.Refuse)
			return c, nil
		}
	}
	return Config{}, fmt.Errorf("unknown preset %q: one of %s", name, strings.Join(Presets(), ", "))
}

// Presets returns the names, the default first.
func Presets() []string {
	names := make([]string, 0, len(presets))
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}
