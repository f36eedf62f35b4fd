package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"meterline/cmd/meterline/exit"
)

// fleet is a configuration of modems that call in, by name; more is added to a modem's table.
func fleet(more map[string]string, names ...string) string {
	var b strings.Builder
	b.WriteString("[exchange.gprs]\nlisten = \"HOST:7001\"\nprofile = \"imei\"\n")
	for _, name := range names {
		fmt.Fprintf(&b, "[modem.%s]\nexchange = \"gprs\"\nid = %q\nport = \"ports/%s\"\n%s\n", name, fleetID(name), name, more[name])
	}
	return b.String()
}

// fleetID is the identity of the modem named a, b, c and so on.
func fleetID(name string) string { return fmt.Sprintf("35693803564%04d", name[0]) }

// A reload adds, takes away and changes what the file says, and nothing else notices.
func TestReload(t *testing.T) {
	t.Parallel()
	s := startSite(t, fleet(nil, "a", "b", "c"))
	program, modem := make(map[string]*party), make(map[string]*party)
	for _, name := range []string{"a", "b", "c"} {
		program[name], modem[name] = s.openSeen("ports/"+name), s.online(name, fleetID(name))
		talk(program[name], modem[name])
	}
	device := s.port("ports/b").Device

	s.configure(fleet(map[string]string{"a": `note = "on the roof"`, "b": `keepalive_idle = "5s"`}, "a", "b", "d"))
	out := s.must("reload")
	for _, want := range []string{
		"added: modem d, port " + s.path("ports/d") + "\n", "changed: modem a, modem b\n", "removed: modem c, port " + s.path("ports/c") + "\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("reload says %q, without %q", out, want)
		}
	}
	talk(program["a"], modem["a"]) // on the old descriptor and the old session
	if note := s.modem("a").Note; note != "on the roof" {
		t.Errorf("status tells the note %q", note)
	}

	modem["b"].end() // it has another configuration now, but its program sees nothing of that
	if now := s.port("ports/b").Device; now != device {
		t.Errorf("the port of the changed modem stood on %s and stands on %s", device, now)
	}
	talk(program["b"], s.online("b", fleetID("b")))

	modem["c"].end()
	program["c"].end()
	if exists(s.path("ports/c")) {
		t.Error("the link of a port that is gone is left")
	}
	stranger := s.call(fleetID("c"))
	stranger.end()

	s.eventually("the new port is there", func() bool { return exists(s.path("ports/d")) })
	talk(s.openSeen("ports/d"), s.online("d", fleetID("d")))
	talk(program["a"], modem["a"])
}

// SIGHUP does what the verb does; a faulty file changes nothing.
func TestReloadBySignal(t *testing.T) {
	t.Parallel()
	s := startSite(t, fleet(nil, "a"))
	program, modem := s.openSeen("ports/a"), s.online("a", fleetID("a"))
	talk(program, modem)

	s.configure(fleet(nil, "a", "b") + "nonsense = 1\n")
	if code, out := s.meterline("reload"); code != exit.Usage || !strings.Contains(out, s.file+":") {
		t.Errorf("a faulty file: exit code %d: %s", code, out)
	}
	s.signals <- syscall.SIGHUP
	talk(program, modem)
	if n := len(s.status().Ports); n != 1 {
		t.Errorf("%d ports after a reload that was refused", n)
	}

	s.configure(fleet(nil, "a", "b"))
	s.signals <- syscall.SIGHUP
	s.eventually("the new port is there", func() bool { return exists(s.path("ports/b")) })
	talk(program, modem)
}

// A disabled modem keeps its place in the files and has no port; enabled again it is there again.
func TestReloadOfDisabledModem(t *testing.T) {
	t.Parallel()
	s := startSite(t, fleet(map[string]string{"b": "disabled = true"}, "a", "b"))
	if exists(s.path("ports/b")) || s.port("ports/b").State != "disabled" {
		t.Errorf("a disabled modem has a port: %+v", s.port("ports/b"))
	}
	program, modem := s.openSeen("ports/a"), s.online("a", fleetID("a"))
	for range 3 {
		s.configure(fleet(nil, "a", "b"))
		s.must("reload")
		s.eventually("the port is there", func() bool { return exists(s.path("ports/b")) })
		talk(s.openSeen("ports/b"), s.online("b", fleetID("b")))
		s.configure(fleet(map[string]string{"b": "disabled = true"}, "a", "b"))
		s.must("reload")
		if exists(s.path("ports/b")) {
			t.Error("the link of a disabled modem is left")
		}
		talk(program, modem)
	}
}

// Many reloads, one upon the other, end where the last one says.
func TestReloadStorm(t *testing.T) {
	t.Parallel()
	s := startSite(t, fleet(nil, "a"))
	program, modem := s.openSeen("ports/a"), s.online("a", fleetID("a"))
	for i := range 30 {
		names := []string{"a", "b", "c", "d"}[:1+i%4]
		s.configure(fleet(map[string]string{"b": fmt.Sprintf("keepalive_idle = \"%ds\"", 5+i)}, names...))
		s.must("reload")
		talk(program, modem)
	}
	s.configure(fleet(nil, "a", "d"))
	s.must("reload")
	s.eventually("the ports are those of the last file", func() bool {
		return !exists(s.path("ports/b")) && !exists(s.path("ports/c")) && exists(s.path("ports/d"))
	})
	talk(program, modem)
}
