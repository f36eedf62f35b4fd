package main

import (
	"strings"
	"testing"
)

// The table says by which line a modem is reached where that is not its first, and what is wrong with the better ones.
func TestStatusTellsOfTheLine(t *testing.T) {
	t.Parallel()
	s := newSite(t, `
[modem.boiler]
dial = ["HOST:4001", "HOST:4002"]
port = "ports/boiler"
`)
	second := s.answer(4002)
	s.run()
	modem := second.next()
	s.has("boiler", modem)
	program := s.openSeen("ports/boiler")
	talk(program, modem)
	for verb, wants := range map[string][]string{
		"status": {"  LINE  ", "  dial " + s.host + ":4002  ", "  dial " + s.host + ":4001: connection refused ("},
		"show":   {"line        dial " + s.host + ":4002\n", "why not     dial " + s.host + ":4001: connection refused ("},
	} {
		out := s.must(verb, "boiler")
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("%s has no %q:\n%s", verb, want, out)
			}
		}
	}
	modem.reset()
	first := s.answer(4001)
	s.has("boiler", first.next())
	if out := s.must("status"); strings.Contains(out, "LINE") {
		t.Errorf("reached at its first address:\n%s", out)
	}
}
