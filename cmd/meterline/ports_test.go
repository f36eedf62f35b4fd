package main

import (
	"strings"
	"testing"

	"meterline/bridge"
	"meterline/bridge/dialup"
	"meterline/bridge/status"
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
