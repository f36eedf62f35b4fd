package main

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
)

// says calls at a port of the site, says something, and waits for the refusal.
func (s *site) says(port, text string) {
	s.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(s.host, port))
	if err != nil {
		s.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, text) // the reset may come first
	if told, err := io.ReadAll(conn); len(told) > 0 {
		s.Errorf("%q was told %q, %v", text, told, err)
	}
}

// What calls from one address stands side by side: scanners, modems that nearly fit, and one that only has to be pasted. Their
// credentials show nowhere.
func TestUnknownCallers(t *testing.T) {
	t.Parallel()
	exchanges := fleet(nil, "a") + `
[profile.dtu]
registration = "LOGIN:{id}\r\n"
[exchange.dtu]
listen = "HOST:7002"
profile = "dtu"
[exchange.irz]
listen = "HOST:7003"
profile = "irz"
[modem.pump]
exchange = "dtu"
id = "Pump-07"
port = "ports/pump"
[modem.roof]
exchange = "irz"
id = "356938035643809"
port = "ports/roof"
`
	s := startSite(t, exchanges)
	watched := s.watch("dtu")
	s.eventually("the watch has begun", func() bool {
		s.says("7002", "GET / HTTP/1.1\r\n\r\n")
		return strings.Contains(watched(), "refused: scanner: HTTP")
	})
	s.says("7002", "login:pump-07\r\n")
	s.says("7002", "\x00\x00LOGIN:Pump-07\r\n")
	s.says("7002", "##LOGIN:Pump-07\r\n")
	s.says("7002", "AT$IMEI=356938035643809,PSW=5492,LOG=me,\n")
	s.says("7001", "IMEI:"+fleetID("a")[:14]+"\r\n")
	s.says("7001", "IMEI:"+fleetID("b")+"\r\n")
	for _, want := range []string{ // each is on record soon after its caller was told
		"at dtu: scanner: HTTP", "nearly: other case", "nearly: padding: without the 2 bytes in front it would be pump\n", "nearly: `{*}` in front would read it, as pump\n",
		"nearly: roof, configured at exchange irz\n", "nearly: one digit short of " + fleetID("a") + " (a)\n",
		"#   meterline profile test dtu -c ", ` --hex "23 23 4c 4f`, "[modem.new-" + fleetID("b") + "]\n",
	} {
		s.eventually("unknown shows "+want, func() bool { return strings.Contains(s.must("unknown"), want) })
	}
	text := s.must("unknown")
	s.eventually("it was seen", func() bool {
		return strings.Contains(watched(), "refused: not a registration, roof, configured at exchange irz")
	})
	json := s.must("unknown", "--json")
	if all := watched() + text + json; !strings.Contains(json, "PSW=****,LOG=**,") || strings.Contains(all, "5492") || strings.Contains(all, "35 34 39 32") {
		t.Errorf("a credential shows: %s", json)
	}
	if raw := s.must("unknown", "--raw"); !strings.Contains(raw, "35 34 39 32") {
		t.Errorf("--raw does not show it: %s", raw)
	}

	if err := os.WriteFile(s.path("pasted.toml"), []byte(strings.ReplaceAll(text, "/run/meterline/", "ports/")), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(s.file)
	if err := errors.Join(err, os.WriteFile(s.file, append([]byte("include = \"pasted.toml\"\n"), config...), 0o600)); err != nil {
		t.Fatal(err)
	}
	s.must("reload")
	name := "new-" + fleetID("b")
	talk(s.openSeen("ports/"+name), s.online(name, fleetID("b")))
	if text := s.must("unknown"); strings.Contains(text, "[modem.") {
		t.Errorf("what has been pasted is proposed again:\n%s", text)
	}
}
