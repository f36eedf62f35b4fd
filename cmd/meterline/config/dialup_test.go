package config

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meterline/bridge"
	"meterline/bridge/dialup"
	"meterline/vport"
	"meterline/vport/hayes"
)

func TestDialupPorts(t *testing.T) {
	s, dir := mustLoad(t, "main.toml", `
state = "s"
[defaults.port]
preset = "gsm"
wait = "90s"
trunk = "0"
mode = "0600"
[modem.a]
dial = "10.8.0.12:4001"
[port.phones]
path = "./ttyModem%d"
dialup = true
count = 3
country = "7"
trunk = "8"
rewrite = { "9," = "", "*70," = "", "00" = "+" }
allow_direct = ["10.8.0.0/16", "10.9.0.1"]
[port.one]
path = "./{name}"
dialup = true
[port.leased]
path = "./leased"
modem = "a"
dialup = false
`)
	gsm, _ := hayes.Preset("gsm")
	gsm.Wait = 90 * time.Second
	phones := &dialup.Emulation{Hayes: gsm, Numbering: dialup.Numbering{
		Country: "7", Trunk: "8", Rewrite: []dialup.Rewrite{{From: "*70,"}, {From: "00", To: "+"}, {From: "9,"}},
		Direct: []netip.Prefix{netip.MustParsePrefix("10.8.0.0/16"), netip.MustParsePrefix("10.9.0.1/32")},
	}}
	spec := func(name string) vport.Spec { return vport.Spec{Address: filepath.Join(dir, name), Mode: 0o600} }
	want := []bridge.PortConfig{
		{Name: "phones", Spec: spec("ttyModem1"), Dialup: phones},
		{Name: "phones", Spec: spec("ttyModem2"), Dialup: phones},
		{Name: "phones", Spec: spec("ttyModem3"), Dialup: phones},
		{Name: "one", Spec: spec("one"), Dialup: &dialup.Emulation{Hayes: gsm}},
		{Name: "leased", Modem: "a", Spec: spec("leased")},
	}
	if diff := cmp.Diff(want, s.Bridge.Ports, plainValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestEveryHayesKey: what a preset sets is kept unless its key is given.
func TestEveryHayesKey(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
state = "s"
[port.p]
path = "./p"
dialup = true
preset = "strict-hayes"
connect_delay = "300ms"
connect_speed = 2400
connect_text = "CONNECT 2400/V42"
wait = "255s"
timed_out = "NO ANSWER"
unknown_number = "ERROR"
phonebook = "NO CARRIER"
ring_every = "6s"
escape_guard = "20ms"
escape_pace = "5s"
refuse = ["+CMGS", "&T"]
refuse_unknown = false
hayes_only = false
strict = false
abort_any = false
lf_wait = "1s"
line_max = 40
hold_max = 4096
init = "E0X1S0=1"
`)
	want := hayes.Config{
		Refuse: []string{"+CMGS", "&T"}, Guard: 20 * time.Millisecond, Pace: 5 * time.Second,
		ConnectDelay: 300 * time.Millisecond, ConnectSpeed: 2400, ConnectText: "CONNECT 2400/V42",
		Wait: 255 * time.Second, TimedOut: hayes.NoAnswer, UnknownNumber: hayes.Error, Phonebook: hayes.NoCarrier,
		RingEvery: 6 * time.Second, LFWait: time.Second, LineMax: 40, HoldMax: 4096, Init: "E0X1S0=1",
	}
	got := s.Bridge.Ports[0].Dialup.Hayes
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

// TestModemNumbers: however a number is written, the bridge gets its digits and its plus.
func TestModemNumbers(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
state = "s"
[exchange.gprs]
listen = ":7001"
profile = "imei"
[defaults.modem]
ring = "phones"
[port.phones]
path = "./phones"
dialup = true
country = "7"
trunk = "8"
[modem.a]
exchange = "gprs"
id = "356938035643809"
number = ["+7 (918) 000-11-22", "12"]
[modem.b]
dial = "10.8.0.12:4001"
[modem.c]
listen = ":7002"
allow = "10.7.3.21"
number = "8 (918) 000 11 33"
[list.l]
file = "l.csv"
exchange = "gprs"
ring = "phones"
number = "{tel}"
`, "l.csv", "name;id;number;tel\nl1;356938035643817;+7 918 000-22-01, 31;\nl2;356938035643825;;32\n")
	type phone struct {
		Numbers []string
		Ring    string
	}
	got := make(map[string]phone)
	for _, m := range s.Bridge.Modems {
		got[m.Name] = phone{m.Numbers, m.Ring}
	}
	want := map[string]phone{
		"a": {[]string{"+79180001122", "12"}, "phones"}, "b": {}, "c": {[]string{"89180001133"}, "phones"},
		"l1": {[]string{"+79180002201", "31"}, "phones"}, "l2": {[]string{"32"}, "phones"},
	}
	if diff := cmp.Diff(want, got, plainValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(s.Warnings) != 1 {
		t.Errorf("warnings %q, want one of the number that begins with 8", s.Warnings)
	}
}

// TestOneNumberWrittenTwice: what a dial-up port takes for one number belongs to one modem, whichever way it is written.
func TestOneNumberWrittenTwice(t *testing.T) {
	text := "[port.line]\npath = \"./line\"\ndialup = true\ncountry = \"7\"\ntrunk = \"8\"\n" +
		"[modem.a]\ndial = \"10.8.0.12:4001\"\nnumber = \"+7 (918) 000-11-22\"\n[modem.b]\ndial = \"10.8.0.13:4001\"\nnumber = "
	for number, want := range map[string]string{
		`"8 918 0001122"`:         "m.toml:11: [modem.b] number: 89180001122 is +79180001122, the number of [modem.a] at m.toml:8",
		`"+7 918 000 11 22"`:      `m.toml:11: [modem.b] number: "+7 918 000 11 22" is taken by [modem.a] at m.toml:8`,
		`["12", "8-918-0001122"]`: "89180001122 is +79180001122, the number of [modem.a]",
		`"8 918 0001123"`:         "",
	} {
		_, err := memoryLoader(map[string]string{"m.toml": text + number}).Load("m.toml")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", number, err, want)
		}
	}
}

// TestAddressAdvice: an address that is wrong is shown as it has to be written, and that is then taken.
func TestAddressAdvice(t *testing.T) {
	for text, want := range map[string]string{
		"[exchange.e]\nprofile = \"imei\"\nlisten = 7001":                          `write listen = ":7001"`,
		"[exchange.e]\nprofile = \"imei\"\nlisten = \"7001\"":                      `write a colon before the port: ":7001"`,
		"[modem.a]\nlisten = 7002\nallow = [\"10.7.3.21/32\"]":                     `write listen = ":7002"`,
		"[modem.a]\ndial = \"rfc2217:10.0.0.5:4012\"":                              `write "rfc2217://10.0.0.5:4012"`,
		"[modem.a]\ndial = \"tcp:/10.0.0.5:4012\"":                                 `write "tcp://10.0.0.5:4012"`,
		"[modem.a]\ndial = \"10.0.0.5:1\"\n[port.p]\nmodem = \"a\"\nlisten = 4012": `write listen = "tcp://127.0.0.1:4012"`,
	} {
		_, err := memoryLoader(map[string]string{"m.toml": text}).Load("m.toml")
		if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\ngot %v, want %s", text, err, want)
			continue
		}
		_, value, _ := strings.Cut(want, "\"")
		i := max(strings.LastIndex(text, "listen = "), strings.LastIndex(text, "dial = "))
		if strings.Contains(text, "[port.p]") {
			i = strings.LastIndex(text, "listen = ")
		}
		line, rest, _ := strings.Cut(text[i:], "\n")
		key, _, _ := strings.Cut(line, " ")
		if _, err := memoryLoader(map[string]string{"m.toml": text[:i] + key + " = \"" + value + "\n" + rest}).Load("m.toml"); err != nil {
			t.Errorf("followed: %v", err)
		}
	}
}
