package main

import (
	"slices"

	"meterline/bridge"
)

// warnOfIdle tells of what is declared and serves nobody.
func (c *checker) warnOfIdle(main *document, s *settings) {
	used := make(map[string]bool)
	for _, m := range s.Bridge.Modems {
		used["exchange "+m.Exchange], used["profile "+m.Profile.Name] = true, true
	}
	for _, p := range s.Bridge.Ports {
		used["modem "+p.Modem] = true
	}
	c.warnOfIdleUSB(s)
	for _, e := range s.Bridge.Exchanges {
		used["profile "+e.Profile.Name] = true
		if !used["exchange "+e.Name] {
			c.found.warn(c.exchanges[e.Name].table.at, "%s: no modem calls in here", headerText("exchange", e.Name))
		}
	}
	c.warnOfUnreached(s, used)
	for _, t := range c.tables["profile"] {
		if !used["profile "+t.name] {
			c.found.warn(t.at, "%s: nothing uses it", t.label())
		}
	}
	if len(s.Bridge.Modems) == 0 {
		c.found.warn(place{src: main.src}, "there is no modem yet: write [modem.NAME]")
	}
}

// warnOfUnreached tells of modems that no program can reach: through a dial-up port each can be, by its name if it has no
// number.
func (c *checker) warnOfUnreached(s *settings, used map[string]bool) {
	dialled := slices.ContainsFunc(s.Bridge.Ports, func(p bridge.PortConfig) bool { return p.Dialup != nil })
	numbered := false
	for _, m := range s.Bridge.Modems {
		t := c.modems[m.Name].table
		numbered = numbered || len(m.Numbers) > 0
		switch {
		case m.Disabled, dialled:
		case len(m.Numbers) > 0 && m.Fallback.USB == "" && !t.wrong["fallback"]:
			c.found.warn(t.place("number"), "%s number: there is no port to dial it from: write dialup = true in a [port.NAME]", t.label())
		case !used["modem "+m.Name]:
			c.found.warn(t.at, "%s: it has no port, so that no program can reach it", t.label())
		}
	}
	if dialled && !numbered && len(s.Bridge.Modems) > 0 {
		for _, t := range c.tables["port"] {
			if t.isDialup() {
				c.found.warn(t.at, "%s: no modem has a number, so that only names and ids can be dialled", t.label())
			}
		}
	}
}
