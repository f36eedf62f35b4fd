package config

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meterline/bridge"
	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/table"
	"meterline/relay"
	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
	"meterline/vport"
)

// TestShortestModems pins what two or three lines make, and with it all defaults.
func TestShortestModems(t *testing.T) {
	s, dir := mustLoad(t, "main.toml", `
[exchange.gprs]
listen = ":7001"
profile = "imei"
[modem.a]
exchange = "gprs"
id = "356938035643809"
port = "/run/meterline/a"
[modem.b]
dial = "10.8.0.12:4001"
port = "./ports/b"
`)
	link := relay.Link{KeepaliveIdle: time.Minute, KeepaliveInterval: 20 * time.Second, KeepaliveCount: 3, SendBuffer: 16384}
	usual := modem.Config{
		Linger: 30 * time.Second, RetryMin: 2 * time.Second, RetryMax: time.Minute, LeaseIdle: time.Minute, Link: link,
	}
	a, b := usual, usual
	a.Name, a.Exchange, a.ID = "a", "gprs", "356938035643809"
	b.Name, b.Dial = "b", []string{"10.8.0.12:4001"}
	want := bridge.Config{
		Exchanges: []bridge.ExchangeConfig{{
			Name: "gprs", Listen: ":7001", Profile: profile.Profile{Name: "imei", Kind: profile.IMEI},
			Takeover: modem.TakeoverNewest,
		}},
		Modems: []modem.Config{a, b},
		Ports: []bridge.PortConfig{
			{Name: "a", Own: true, Modem: "a", Spec: vport.Spec{Address: absolute(&table.Source{Name: filepath.Join(dir, "main.toml")}, "/run/meterline/a")}},
			{Name: "b", Own: true, Modem: "b", Spec: vport.Spec{Address: filepath.Join(dir, "ports", "b")}},
		},
	}
	if diff := cmp.Diff(want, s.Bridge, plainValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEveryModemKey(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
[modem.a]
listen = ":7003"
allow = ["10.7.3.21", "2001:db8::/32"]
takeover = "same-prefix"
dial = ["127.0.0.1:1", "{name}.example:2"]
connect = "on-open"
linger = "1s"
retry_min = "100ms"
retry_max = "5m"
lease_idle = "90 s"
keepalive_idle = "off"
keepalive_interval = "5s"
keepalive_count = 9
send_buffer = 4096
heartbeat = "hex:FE 00"
heartbeat_every = "1m"
silence = "6h"
strip = ["LOG\r\n", { bytes = "hex:00", answer = "OK" }]
note = """two
lines"""
disabled = true
port = "./{name}"
mode = "0600"
owner = "root"
group = "5"
`)
	want := modem.Config{
		Name: "a", Note: "two\nlines", Disabled: true,
		Listen: ":7003", Takeover: modem.TakeoverSamePrefix,
		Allow: []netip.Prefix{netip.MustParsePrefix("10.7.3.21/32"), netip.MustParsePrefix("2001:db8::/32")},
		Dial:  []string{"127.0.0.1:1", "a.example:2"}, OnOpen: true, Linger: time.Second,
		RetryMin: 100 * time.Millisecond, RetryMax: 5 * time.Minute, LeaseIdle: 90 * time.Second,
		Link: relay.Link{
			KeepaliveIdle: -1, KeepaliveInterval: 5 * time.Second, KeepaliveCount: 9, SendBuffer: 4096,
			Heartbeat: "\xfe\x00", HeartbeatEvery: time.Minute, Silence: 6 * time.Hour,
		},
		Profile: profile.Profile{Name: "direct", Kind: profile.Direct, Heartbeats: []codec.Heartbeat{
			{Bytes: bytesOnly("LOG\r\n")}, {Bytes: bytesOnly("\x00"), Answer: bytesOnly("OK")},
		}},
	}
	if diff := cmp.Diff([]modem.Config{want}, s.Bridge.Modems, plainValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	spec := s.Bridge.Ports[0].Spec
	if spec.Mode != 0o600 || spec.Owner != "root" || spec.Group != "5" || filepath.Base(spec.Address) != "a" {
		t.Errorf("port %+v", spec)
	}
}

// bytesOnly is a template without places.
func bytesOnly(s string) wire.Template { return wire.Template{{Literal: []byte(s)}} }

func TestDeclaredProfiles(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
[profile.login]
registration = "LOGIN:{id}\r\n"
answer = "hex:06 {id} 0D"
heartbeats = "LOG"
id_pattern = "[0-9]+"
[profile.raw]
registration = "hex:7B 01 {id:4} 7B"
id_format = "hex"
[exchange.a]
listen = ":7001"
profile = "login"
allow = "10.0.0.0/8"
takeover = "never"
registration_timeout = "1m"
max_unregistered = 7
[exchange.b]
listen = ":7002"
profile = "raw"
[modem.r]
exchange = "b"
id = "01AB02cd"
`)
	login := profile.Profile{
		Name: "login", Kind: profile.Declared, IDPattern: "[0-9]+",
		Registration: wire.Template{{Literal: []byte("LOGIN:")}, {Name: "id"}, {Literal: []byte("\r\n")}},
		Answer:       wire.Template{{Literal: []byte{6}}, {Name: "id"}, {Literal: []byte("\r")}},
		Heartbeats:   []codec.Heartbeat{{Bytes: bytesOnly("LOG")}},
	}
	raw := profile.Profile{
		Name: "raw", Kind: profile.Declared, IDFormat: wire.IDHex,
		Registration: wire.Template{{Literal: []byte("{\x01")}, {Name: "id", Length: 4}, {Literal: []byte("{")}},
	}
	want := []bridge.ExchangeConfig{
		{Name: "a", Listen: ":7001", Profile: login, Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
			Takeover: modem.TakeoverNever, RegistrationTimeout: time.Minute, MaxUnregistered: 7},
		{Name: "b", Listen: ":7002", Profile: raw, Takeover: modem.TakeoverNewest},
	}
	if diff := cmp.Diff(want, s.Bridge.Exchanges, plainValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if id := s.Bridge.Modems[0].ID; id != "01ab02cd" {
		t.Errorf("id %s", id)
	}
}

func TestDefaultsYield(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
[defaults.modem]
exchange = "gprs"
connect = "on-open"
takeover = "never"
allow = "10.0.0.1"
strip = "hex:00"
silence = "1h"
port = "./ports/{name}"
mode = "0600"
[defaults.exchange]
profile = "imei"
[defaults.port]
path = "./more/{name}"
[exchange.gprs]
listen = ":7001"
[modem.in]
id = "356938035643809"
silence = "2h"
[modem.out]
dial = "10.0.0.1:1"
[modem.own]
listen = ":7002"
[port.second]
modem = "in"
`)
	m := s.Bridge.Modems
	if m[0].Exchange != "gprs" || m[0].OnOpen || m[0].Profile.Kind != "" || m[0].Allow != nil || m[0].Link.Silence != 2*time.Hour {
		t.Errorf("calls in: %+v", m[0])
	}
	if m[1].Exchange != "" || !m[1].OnOpen || m[1].Profile.Heartbeats == nil || m[1].Takeover != "" || m[1].Link.Silence != time.Hour {
		t.Errorf("is called: %+v", m[1])
	}
	if m[2].Takeover != modem.TakeoverNever || len(m[2].Allow) != 1 || m[2].OnOpen {
		t.Errorf("has an address: %+v", m[2])
	}
	if p := s.Bridge.Ports[3]; filepath.Base(p.Spec.Address) != "second" || p.Own || p.Modem != "in" {
		t.Errorf("port: %+v", p)
	}
}
