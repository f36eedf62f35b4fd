package render

import (
	"path/filepath"
	"testing"

	"github.com/BurntSushi/toml"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/config/configtest"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/control/controltest"
)

func TestUnknownCallersArePasteable(t *testing.T) {
	callers := []control.Caller{
		{Exchange: "gprs", Peer: "10.0.0.7", ID: `"356938035643809"`, Reason: "unknown id", Last: controltest.Ago(0), Count: 12},
		{Exchange: "gprs", Peer: "10.0.0.8", ID: `"356938035643809"`, Reason: "unknown id", Last: controltest.Ago(60e9), Count: 1},
		{Exchange: "any", Peer: "10.0.0.9", ID: `"a\"]\nb\x00\\"`, Reason: "unknown id", Last: controltest.Ago(0), Count: 2},
		{Exchange: "raw", Peer: "10.0.0.9", ID: `"\xff\xfe"`, Reason: "unknown id", Last: controltest.Ago(0), Count: 2},
		{Exchange: "any", Peer: "10.0.0.9", ID: `"cut off"…`, Reason: "unknown id", Last: controltest.Ago(0), Count: 2},
		{Exchange: "by-address", Peer: "10.1.2.3", Reason: "unknown address", Last: controltest.Ago(0), Count: 3},
		{Exchange: "gprs", Peer: "192.0.2.1", Reason: "scanner: TLS", Last: controltest.Ago(3600e9), Count: 400},
		{Peer: "192.0.2.2", Reason: "silent\n[modem.x]", Last: controltest.Ago(0), Count: 1},
	}
	text := Unknown(callers, "linux", controltest.Noon)
	golden(t, "unknown", []byte(text))
	var pasted struct {
		Modem map[string]map[string]string
	}
	if _, err := toml.Decode(text, &pasted); err != nil {
		t.Fatal(err)
	}
	if n := len(pasted.Modem); n != 3 {
		t.Errorf("%d tables, want 3", n)
	}
	if got := pasted.Modem["new-a---b--"]["id"]; got != "a\"]\nb\x00\\" {
		t.Errorf("id %q", got)
	}
	if got := pasted.Modem["new-10-1-2-3"]["address"]; got != "10.1.2.3" {
		t.Errorf("address %q", got)
	}
	golden(t, "unknown-none", []byte(Unknown(nil, "linux", controltest.Noon)))
}

// What is proposed on a system can be a port there.
func TestUnknownCallersHavePortsOfTheSystem(t *testing.T) {
	caller := []control.Caller{{Exchange: "gprs", Peer: "10.0.0.7", ID: `"356938035643809"`, Reason: "unknown id", Last: controltest.Ago(0)}}
	for goos, want := range map[string]string{
		"linux": "/run/meterline/new-356938035643809", "windows": "COM12", "darwin": "rfc2217://127.0.0.1:4012",
	} {
		text := Unknown(caller, goos, controltest.Noon)
		var pasted struct {
			Modem map[string]map[string]string
		}
		if _, err := toml.Decode(text, &pasted); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if got := pasted.Modem["new-356938035643809"]["port"]; got != want {
			t.Errorf("on %s the port is %q, want %q", goos, got, want)
		}
		file := filepath.Join(configtest.Write(t, "main.toml", "state = \"state.json\"\n[exchange.gprs]\nlisten = \":7001\"\nprofile = \"imei\"\n"+text), "main.toml")
		load := config.NewLoader()
		load.GOOS = goos
		if _, err := load.Load(file); err != nil {
			t.Errorf("on %s: %v", goos, err)
		}
	}
}

func FuzzUnknownIsTOML(f *testing.F) {
	f.Add("gprs", "10.0.0.7", `"1"`, "unknown id")
	f.Add("\n[x]", "\"", `"\n[modem.y]"`, "unknown address")
	f.Fuzz(func(t *testing.T, exchange, peer, id, reason string) {
		text := Unknown([]control.Caller{{Exchange: exchange, Peer: peer, ID: id, Reason: reason, Last: controltest.Noon, Count: 1}}, "windows", controltest.Noon)
		var pasted struct {
			Modem map[string]map[string]string
		}
		meta, err := toml.Decode(text, &pasted)
		if err != nil {
			t.Fatalf("%v in:\n%s", err, text)
		}
		if len(meta.Undecoded()) > 0 || len(pasted.Modem) > 1 {
			t.Fatalf("a caller wrote a table of its own:\n%s", text)
		}
	})
}
