package main

import (
	"path/filepath"
	"strings"
	"testing"

	"meterline/cmd/meterline/config/configtest"
	"meterline/cmd/meterline/exit"
	"meterline/vport/com"
)

// Where the driver is missing, check and ports say so and name what can be had instead.
func TestCheckWithoutNullModem(t *testing.T) {
	driver, err := com.AskDriver()
	if err != nil {
		t.Fatal(err)
	}
	if driver.Installed {
		t.Skip("com0com is installed on this machine")
	}
	file := filepath.Join(configtest.Write(t, "main.toml", `
control = "control.sock"
state = "state.json"
[modem.boiler]
dial = "127.0.0.1:1"
port = "COM12"
`), "main.toml")
	for verb, want := range map[string][]string{
		"check": {"com0com is not installed", "rfc2217://", "COM12", "meterline ports create", "no faults; 1 port"},
		"ports": {"com0com is not installed", "COM12", "has no pair"},
	} {
		var out, faults strings.Builder
		if code := execute(t.Context(), []string{verb, "-c", file}, &out, &faults); code != exit.Done {
			t.Errorf("%s ends with %d: %s", verb, code, &faults)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s says %q, want %q in it", verb, &out, w)
			}
		}
	}
}
