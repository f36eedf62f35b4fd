package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meterline/bridge/modem"
	"meterline/relay/profile"
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
	want := []Sim{
		{Name: "a", Modem: "a", Meter: "echo", Unit: 1, Call: "127.0.0.1:7001", Profile: profile.Profile{Name: "irz", Kind: profile.IRZ}, ID: "861234567890123"},
		{Name: "b", Modem: "b", Meter: "modbus-rtu", Unit: 1, Call: "127.0.0.1:7002", Profile: profile.Profile{Name: "four-faith", Kind: profile.FourFaith}, ID: "78563412"},
	}
	if diff := cmp.Diff(want, s.Sims, plainValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A meter that pushes does not displace the session in which it is read, unless somebody wants that.
func TestPushExchanges(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
[exchange.a]
listen = "127.0.0.1:7001"
profile = "dlms-push"
[exchange.b]
listen = "127.0.0.1:7002"
profile = "dlms-push"
takeover = "same-address"
push = "program"
[exchange.c]
listen = "127.0.0.1:7003"
profile = "imei"
`)
	for i, want := range []struct {
		takeover modem.Takeover
		push     string
	}{{modem.TakeoverNever, ""}, {modem.TakeoverSameAddress, profile.PushToProgram}, {modem.TakeoverNewest, ""}} {
		if e := s.Bridge.Exchanges[i]; e.Takeover != want.takeover || e.Profile.Push != want.push {
			t.Errorf("exchange %s: takeover %s, push %q", e.Name, e.Takeover, e.Profile.Push)
		}
	}
}

// A heartbeat among the defaults is for the modems that understand it.
func TestDefaultHeartbeat(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
[defaults.modem]
heartbeat = "hex:00"
heartbeat_every = "60s"
[exchange.ddp]
listen = "127.0.0.1:7001"
profile = "ddp"
[modem.a]
exchange = "ddp"
id = "13912345678"
[modem.b]
dial = "10.0.0.1:4001"
`)
	a, b := s.Bridge.Modems[0].Link, s.Bridge.Modems[1].Link
	if a.Heartbeat != "" || a.HeartbeatEvery != 0 || b.Heartbeat != "\x00" || b.HeartbeatEvery != time.Minute {
		t.Errorf("%+v, %+v", a, b)
	}
}
