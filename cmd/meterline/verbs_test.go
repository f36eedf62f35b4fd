package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"meterline/bridge"
	"meterline/bridge/dialup"
	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/cmd/meterline/config"
	"meterline/relay/simulated/meters"
	"meterline/relay/usb/at"
	"meterline/vport"
	"meterline/vport/com0com"
)

// What the daemon does with COM ports stands beside their pairs.
func TestPortsPicture(t *testing.T) {
	p := portsPicture{
		ports: []bridge.PortConfig{
			{Name: "boiler", Own: true, Modem: "boiler", Spec: vport.Spec{Address: "COM12"}},
			{Name: "phones", Dialup: &dialup.Emulation{}, Spec: vport.Spec{Address: "COM31", Pair: "MTL31"}},
		},
		pairs: com0com.FromList("CNCA3 PortName=COM12,EmuBR=yes,dcd=rout1,ri=rout2\nCNCB3 EmuOverrun=yes,dsr=ropen"),
		known: true,
		states: []status.Port{
			{Path: "COM12", State: "joined", Open: true}, {Path: "COM31", State: "down"},
		},
		notes: []string{"a note"},
	}
	var got []string
	for line := range strings.Lines(p.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"PORT OUR-END PAIR MODEM STATE OPEN",
		"COM12 CNCB3 3 boiler joined yes",
		"COM31 MTL31 none dial-up phones down no",
		"a note",
		"COM31 has no pair: meterline ports create prints the commands that make it",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s", p)
	}
}

func TestNoCOMPorts(t *testing.T) {
	if text := (portsPicture{known: true}).String(); text != "the configuration has no COM ports\n" {
		t.Errorf("%q", text)
	}
	if warnings := comWarnings(bridge.Config{}); warnings != nil {
		t.Errorf("%q about no COM ports", warnings)
	}
}

func TestFreePort(t *testing.T) {
	busy := status.Port{Path: "/run/m1", Dialup: true, State: "joined", Open: true, Telephone: "connected to 12"}
	down := status.Port{Path: "/run/m2", Dialup: true, State: "down", LastError: "no space"}
	free := status.Port{Path: "/run/m3", Dialup: true, State: "idle"}
	leased := status.Port{Path: "/run/boiler", Modem: "boiler"}
	for want, ports := range map[string][]status.Port{
		"/run/m3": {busy, down, free},
		"/run/m1 is busy: somebody has it open (connected to 12)": {busy},
		"none of 2 ports is free: /run/m2 could not be made":      {busy, down},
		"/run/boiler is leased to modem boiler":                   {leased},
	} {
		path, err := freePort(ports)
		if err != nil {
			path = err.Error()
		}
		if !strings.HasPrefix(path, want) {
			t.Errorf("got %s, want %s", path, want)
		}
	}
}

func TestWakeText(t *testing.T) {
	for _, c := range []struct {
		woken fallback.WakeResult
		want  string
	}{
		{fallback.WakeResult{By: modem.WakeCall, Rung: at.RingBusy, Session: true}, "rang +79180001144 with gsm1; the call ended with: BUSY; roof has opened its session"},
		{fallback.WakeResult{By: modem.WakeSMS, Reply: "\"no\x1b[2J\"", Problem: "x"}, "sent a text message to +79180001144 with gsm1; it replied \"no·[2J\""},
		{fallback.WakeResult{By: modem.WakeSMS, Online: true}, "sent a text message to +79180001144 with gsm1; roof has had its session all the time"},
	} {
		c.woken.USB, c.woken.Number = "gsm1", "+79180001144"
		if got := wakeText("roof", c.woken); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

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
