package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"meterline/relay"
)

// A modem of a family is simulated with the family's protocol.
func TestSimsOfFamilies(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
[exchange.irz]
listen = "127.0.0.1:7001"
profile = "irz"
[exchange.four-faith]
listen = "127.0.0.1:7002"
profile = "four-faith"
[modem.a]
exchange = "irz"
id = "861234567890123"
[modem.b]
exchange = "four-faith"
id = "78563412"
[sim.a]
[sim.b]
meter = "modbus-rtu"
`)
	want := []simSettings{
		{Name: "a", Modem: "a", Meter: "echo", Unit: 1, Call: "127.0.0.1:7001", Profile: relay.Profile{Name: "irz", Kind: relay.IRZ}, ID: "861234567890123"},
		{Name: "b", Modem: "b", Meter: "modbus-rtu", Unit: 1, Call: "127.0.0.1:7002", Profile: relay.Profile{Name: "four-faith", Kind: relay.FourFaith}, ID: "78563412"},
	}
	if diff := cmp.Diff(want, s.Sims, plainValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
