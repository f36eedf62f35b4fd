package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
	want := []simSettings{
		{Name: "a", Modem: "a", Meter: "modbus-rtu", Unit: 17, Call: "127.0.0.1:7001", Register: []byte("356938035643809\r\n"),
			Delay: time.Second, DelayMax: time.Second, Fragment: 3, LoseEvery: time.Minute},
		{Name: "b", Modem: "b", Meter: "iec62056-21", Unit: 1, Address: "12345678", Call: "[::1]:7002",
			Register: []byte("{\xab\x01\r"), Answer: []byte("OK \xab\x01")},
		{Name: "c", Modem: "c", Meter: "echo", Unit: 1, Call: "127.0.0.1:7003", From: "127.0.0.5"},
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
}
