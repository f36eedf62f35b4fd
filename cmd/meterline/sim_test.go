package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"meterline/cmd/meterline/config"
	"meterline/relay/simulated/meters"
)

func TestSimCountsUp(t *testing.T) {
	verb := simVerb{profile: profileIMEI, settings: config.Sim{Listen: "127.0.0.1:4001", Meter: meters.KindEcho}, count: 3}
	modems, err := verb.modems(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if len(modems) != 3 || modems[0].Listen != "127.0.0.1:4001" || modems[2].Listen != "127.0.0.1:4003" {
		t.Errorf("%d modems, the last at %s", len(modems), modems[2].Listen)
	}
	verb = simVerb{profile: profileIMEI, settings: config.Sim{Call: "127.0.0.1:7001", Meter: meters.KindIEC}, imei: "009", count: 2}
	if modems, err = verb.modems(slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if got := string(modems[1].Register); got != "010\r\n" {
		t.Errorf("the second registers with %q", got)
	}
	verb.imei, verb.register = "", `LOGIN:"{n}"\x7b`
	if modems, err = verb.modems(slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if got := string(modems[1].Register); got != "LOGIN:\"2\"{" {
		t.Errorf("the second registers with %q", got)
	}
	verb = simVerb{profile: "irz", settings: config.Sim{Call: "127.0.0.1:7001", Meter: meters.KindEcho, ID: "861234567890199"}, count: 3}
	if modems, err = verb.modems(slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if got := string(modems[2].Side().Connect(time.Now())); !strings.HasPrefix(got, "AT$IMEI=861234567890201,") || modems[2].HeartbeatEvery != 50*time.Second {
		t.Errorf("the third registers with %q, and beats each %v", got, modems[2].HeartbeatEvery)
	}
	verb = simVerb{profile: "zlan", settings: config.Sim{Call: "127.0.0.1:7001", Meter: meters.KindEcho, ID: "AC:DE:48:00:11:22"}, count: 2}
	if modems, err = verb.modems(slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if got := string(modems[1].Side().Connect(time.Now())); got != "\xfa\x07\x13\x02\xfa\x02\x23\x11\x00\x48\xde\xac\xfa\xff" || modems[1].HeartbeatEvery != time.Minute {
		t.Errorf("the second registers with % x, and beats each %v", got, modems[1].HeartbeatEvery)
	}
	verb = simVerb{profile: "mercury228", settings: config.Sim{Call: "127.0.0.1:7001", Meter: meters.KindEcho, ID: "127.0.0.255"}, count: 2}
	if modems, err = verb.modems(slog.New(slog.DiscardHandler)); err != nil || modems[1].Dial == nil {
		t.Errorf("modems that call from an address: %v", err)
	}
	for id, want := range map[string]string{"7": "9", "07": "09", "meter-098": "meter-100", "ab": "", "x99": ""} {
		if got, err := countUp(id, 2); got != want || (err == nil) != (want != "") {
			t.Errorf("%q and two is %q, %v", id, got, err)
		}
	}
	for _, digits := range []string{"", "+1", "1_0", "12a", "99"} {
		if got, err := addDigits(digits, 1); err == nil {
			t.Errorf("%q and one is %q", digits, got)
		}
	}
}
