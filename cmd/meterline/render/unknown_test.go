package render

import (
	"encoding/csv"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/config/configtest"
	"meterline/cmd/meterline/control/controltest"
	"meterline/relay"
)

// unknown renders as on a system at noon.
func unknown(goos string) Unknown {
	return Unknown{GOOS: goos, Now: controltest.Noon, Test: func(name string) string { return "meterline profile test " + name }}
}

// pasted is a configuration into which tables were pasted.
type pasted struct {
	Modem map[string]map[string]string
}

func TestUnknownCallersArePasteable(t *testing.T) {
	callers := []relay.UnknownCaller{
		{Exchange: "gprs", Profile: "imei", Peer: "10.0.0.7", ID: "356938035643809", Key: "id", Reason: "unknown id", Last: controltest.Ago(0), Count: 12, Near: "one digit more than 35693803564380 (tp-1)", Size: 17, Bytes: relay.Hex("356938035643809\r\n")},
		{Exchange: "gprs", Profile: "imei", Peer: "10.0.0.8", ID: "356938035643809", Key: "id", Reason: "unknown id", Last: controltest.Ago(60e9), Count: 1},
		{Exchange: "dtu", Profile: "dtu", Peer: "10.0.0.8", ID: "356938035643809", Key: "id", Reason: "unknown id", Last: controltest.Ago(60e9), Count: 1},
		{Exchange: "any", Profile: "dtu", Peer: "10.0.0.9", ID: `a"] #b\`, Key: "id", Reason: "unknown id", Last: controltest.Ago(0), Count: 2},
		{Exchange: "any", Profile: "dtu", Peer: "10.0.0.9", ID: "cut off…", Reason: "unknown id", Last: controltest.Ago(0), Count: 2, Size: 90, Bytes: relay.Hex(strings.Repeat("x", 64))},
		{Exchange: "by-address", Profile: "address", Peer: "10.1.2.3", ID: "10.1.2.3", Key: "address", Reason: "unknown address", Last: controltest.Ago(0), Count: 3},
		{Exchange: "gprs", Profile: "imei", Peer: "192.0.2.1", Reason: "scanner: HTTP", Last: controltest.Ago(3600e9), Count: 400, Size: 90, Bytes: relay.Hex("GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0\r\n")},
		{Exchange: "gprs", Profile: "imei", Peer: "10.0.0.7", ID: "35693", Reason: "unfinished registration", Near: "tp-299, configured at exchange irz", Last: controltest.Ago(0), Count: 1, Size: 9, Bytes: relay.Hex("PSW=****,"), Masked: true},
		{Exchange: "gprs", Profile: "imei", Peer: "192.0.2.2", Reason: "silent\n[modem.x]", Near: "\n[modem.y]", Last: controltest.Ago(0), Count: 1},
	}
	text := unknown("linux").TOML(callers)
	golden(t, "unknown", []byte(text))
	var got pasted
	if _, err := toml.Decode(text, &got); err != nil {
		t.Fatal(err)
	}
	if n := len(got.Modem); n != 4 {
		t.Errorf("%d tables, want 4", n)
	}
	if id := got.Modem["new-a----b-"]["id"]; id != `a"] #b\` {
		t.Errorf("id %q", id)
	}
	if exchange := got.Modem["new-356938035643809-2"]["exchange"]; exchange != "dtu" {
		t.Errorf("the same id at another exchange: %q", exchange)
	}
	if address := got.Modem["new-10-1-2-3"]["address"]; address != "10.1.2.3" {
		t.Errorf("address %q", address)
	}
	golden(t, "unknown-none", []byte(unknown("linux").TOML(nil)))
	list := unknown("linux").CSV(callers)
	golden(t, "unknown-csv", []byte(list))
	r := csv.NewReader(strings.NewReader(list))
	r.Comma = ';'
	if rows, err := r.ReadAll(); err != nil || len(rows) != 5 || rows[3][2] != `a"] #b\` {
		t.Errorf("%q, %v", rows, err)
	}
}

// The rows are a list as they are.
func TestUnknownCallersAreAList(t *testing.T) {
	text := unknown("linux").CSV([]relay.UnknownCaller{
		{Exchange: "gprs", Peer: "10.0.0.7", ID: "356938035643809", Key: "id"}, {Exchange: "raw", Peer: "10.1.2.3", ID: "10.1.2.3", Key: "address"},
	})
	folder := configtest.Write(t,
		"main.toml", "state = \"state.json\"\n[exchange.gprs]\nlisten = \":7001\"\nprofile = \"imei\"\n"+
			"[exchange.raw]\nlisten = \":7002\"\nprofile = \"address\"\n[list.new]\nfile = \"new.csv\"\nport = \"/run/meterline/{name}\"\n",
		"new.csv", text)
	set, err := config.Load(filepath.Join(folder, "main.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if modems := set.Bridge.Modems; len(modems) != 2 || modems[0].ID != "356938035643809" || modems[1].ID != "10.1.2.3" {
		t.Errorf("%+v", modems)
	}
}

// Strangers choose their ids: none of them makes a spreadsheet calculate, and none is proposed that the configuration would refuse.
func TestUnknownCallersCalculateNothing(t *testing.T) {
	for id, wanted := range map[string]bool{
		"=1+1": false, "@SUM(A1)": false, "+cmd|'x'!A0": false, "-2+3": false, "+79180001122": true, "-12": true, " =1": false, "a ": false, "1001": true,
	} {
		caller := []relay.UnknownCaller{{Exchange: "dtu", Peer: "10.0.0.7", ID: id, Key: "id", Reason: "unknown id", Last: controltest.Ago(0)}}
		if rows := strings.Count(unknown("linux").CSV(caller), "\n") - 1; (rows == 1) != wanted {
			t.Errorf("%q has %d rows", id, rows)
		}
	}
}

// What is proposed on a system can be a port there.
func TestUnknownCallersHavePortsOfTheSystem(t *testing.T) {
	caller := []relay.UnknownCaller{{Exchange: "gprs", Peer: "10.0.0.7", ID: "356938035643809", Key: "id", Reason: "unknown id", Last: controltest.Ago(0)}}
	for goos, want := range map[string]string{
		"linux": "/run/meterline/new-356938035643809", "windows": "COM12", "darwin": "rfc2217://127.0.0.1:4012",
	} {
		text := unknown(goos).TOML(caller)
		var got pasted
		if _, err := toml.Decode(text, &got); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if got := got.Modem["new-356938035643809"]["port"]; got != want {
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
	f.Add("gprs", "10.0.0.7", "1", "id", "unknown id", "near", "\r\n")
	f.Add("\n[x]", "\"", "\n[modem.y]", "address", "unknown address", "\n[z]", "\n")
	f.Fuzz(func(t *testing.T, exchange, peer, id, key, reason, near, came string) {
		text := unknown("windows").TOML([]relay.UnknownCaller{{
			Exchange: exchange, Peer: peer, ID: id, Key: key, Reason: reason, Near: near, Bytes: relay.Hex(came), Last: controltest.Noon, Count: 1,
		}})
		var got pasted
		meta, err := toml.Decode(text, &got)
		if err != nil {
			t.Fatalf("%v in:\n%s", err, text)
		}
		if len(meta.Undecoded()) > 0 || len(got.Modem) > 1 {
			t.Fatalf("a caller wrote a table of its own:\n%s", text)
		}
	})
}
