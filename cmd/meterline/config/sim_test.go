package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meterline/relay/profile"
)

func TestSims(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
[exchange.gprs]
listen = ":7001"
profile = "imei"
[exchange.six]
listen = "[::1]:7002"
profile = "login"
[exchange.apn]
listen = "0.0.0.0:7003"
profile = "address"
[profile.login]
registration = "hex:7B {id:2} 0D"
id_format = "hex"
answer = "OK {id}"
[modem.a]
exchange = "gprs"
id = "356938035643809"
[modem.b]
exchange = "six"
id = "AB01"
[modem.c]
exchange = "apn"
address = "127.0.0.5"
[modem.d]
dial = ["localhost:7004", "127.0.0.1:7005"]
[modem.e]
listen = ":7006"
allow = "127.0.0.0/8"
[sim.a]
meter = "modbus-rtu"
unit = 17
delay = "1s"
fragment = 3
lose_every = "1m"
[sim.b]
meter = "iec62056-21"
address = "12345678"
[sim.c]
[sim.second]
modem = "d"
[sim.e]
`)
	login := s.Profiles["login"]
	want := []Sim{
		{Name: "a", Modem: "a", Meter: "modbus-rtu", Unit: 17, Call: "127.0.0.1:7001", ID: "356938035643809", Profile: profile.Profile{Name: "imei", Kind: profile.IMEI},
			Delay: time.Second, DelayMax: time.Second, Fragment: 3, LoseEvery: time.Minute},
		{Name: "b", Modem: "b", Meter: "iec62056-21", Unit: 1, Address: "12345678", Call: "[::1]:7002",
			ID: "ab01", Profile: login},
		{Name: "c", Modem: "c", Meter: "echo", Unit: 1, Call: "127.0.0.1:7003", From: "127.0.0.5", Profile: profile.Profile{Name: "address", Kind: profile.Address}},
		{Name: "second", Modem: "d", Meter: "echo", Unit: 1, Listen: "localhost:7004"},
		{Name: "e", Modem: "e", Meter: "echo", Unit: 1, Call: "127.0.0.1:7006"},
	}
	if diff := cmp.Diff(want, s.Sims, plainValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, m := range s.Bridge.Modems {
		if !m.Simulated {
			t.Errorf("modem %s is not marked", m.Name)
		}
	}
	if n := strings.Count(strings.Join(s.Warnings, "\n"), "SIMULATED"); n != 5 {
		t.Errorf("%d warnings say SIMULATED", n)
	}
	side, err := s.Sims[1].Profile.Simulate(s.Sims[1].Identity())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(side().Connect(time.Now())); got != "{\xab\x01\r" {
		t.Errorf("b registers with %q", got)
	}
}

// A simulated modem that is called adds what the profile of its modem adds.
func TestSimsOfCalledModems(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
[profile.slip]
escape = { "hex:C0" = "hex:DB DC", "hex:DB" = "hex:DB DD" }
frame_end = "hex:C0"
[modem.a]
dial = "127.0.0.1:7001"
profile = "mercury228"
[modem.b]
dial = "127.0.0.1:7002"
profile = "slip"
[modem.c]
listen = "127.0.0.1:7003"
allow = "127.0.0.0/8"
profile = "slip"
[sim.a]
[sim.b]
[sim.c]
`)
	want := []Sim{
		{Name: "a", Modem: "a", Meter: "echo", Unit: 1, Listen: "127.0.0.1:7001", Profile: profile.Profile{Name: "mercury228", Kind: profile.Mercury228}},
		{Name: "b", Modem: "b", Meter: "echo", Unit: 1, Listen: "127.0.0.1:7002", Profile: s.Profiles["slip"]},
		{Name: "c", Modem: "c", Meter: "echo", Unit: 1, Call: "127.0.0.1:7003", Profile: s.Profiles["slip"]},
	}
	if diff := cmp.Diff(want, s.Sims, plainValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
