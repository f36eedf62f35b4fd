package config

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"time"

	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/hostport"
	"meterline/cmd/meterline/config/table"
	"meterline/relay/profile"
	"meterline/relay/profile/side"
	"meterline/relay/wire"
)

// Sim is one simulated modem.
type Sim struct {
	Name     string // the NAME of [sim.NAME]
	Modem    string
	Meter    string // "modbus-rtu", "iec62056-21" or "echo"
	Unit     byte   // address of the Modbus meter, 1 to 247
	Address  string // of the IEC meter, empty: it answers to any
	Call     string // loopback address that it calls, or empty
	From     string // loopback address that it calls from, empty: any
	Listen   string // loopback address where it is called, or empty
	Register []byte // what it sends first, where no profile says that
	Side     string // a variant of its profile, such as "irz-plain", empty if there is none
	ID       string // identity that it registers with

	Credentials wire.Credentials // that it gives when it registers, or must be given

	Profile profile.Profile // whose modem it plays; the zero value: it adds nothing

	Shuffle         bool          // cut and merge what it sends at random
	BeatEvery       time.Duration // silence before a heartbeat of the family, 0: as its maker sets it
	Delay, DelayMax time.Duration // of each answer
	Fragment        int           // bytes in a piece, 0: whole
	LoseEvery       time.Duration // mean time until the connection is lost, 0 if never
}

// Identity is who the modem says it is.
func (s *Sim) Identity() side.Identity { return side.Identity{ID: s.ID, Credentials: s.Credentials} }

// simKeys are the keys of a simulated modem, in the order in which config.example.toml explains them.
var simKeys = table.Keys[Sim]{
	{
		Name: "modem", Form: table.Text("NAME of a [modem.NAME]", func(s *Sim) *string { return &s.Modem }), Otherwise: "the one with the same name",
		Doc: "The modem that it stands in for.",
	}, {
		Name: "meter", Form: table.OneOf(func(s *Sim) *string { return &s.Meter }, "echo", "modbus-rtu", "iec62056-21"), Default: "echo",
		Doc: "The meter behind it.",
	}, {
		Name: "unit", Form: table.Number(1, 247, func(s *Sim) *byte { return &s.Unit }), Default: "1",
		Doc: "Address of the Modbus meter.",
	}, {
		Name: "address", Form: table.Text("text", func(s *Sim) *string { return &s.Address }), Otherwise: "it answers only the general request",
		Doc: "Address of the IEC meter.",
	}, {
		Name: "delay", Form: table.Duration(0, time.Minute, func(s *Sim) *time.Duration { return &s.Delay }), Otherwise: "none",
		Doc: "Delay of each answer, at random up to `delay_max`.",
	}, {
		Name: "delay_max", Form: table.Duration(0, time.Minute, func(s *Sim) *time.Duration { return &s.DelayMax }), Otherwise: "`delay`",
		Doc: "The longest delay of an answer.",
	}, {
		Name: "fragment", Form: table.Number(0, 4096, func(s *Sim) *int { return &s.Fragment }), Otherwise: "whole",
		Doc: "Answers arrive in pieces of so many bytes.",
	}, {
		Name: "lose_every", Form: table.Duration(time.Second, day, func(s *Sim) *time.Duration { return &s.LoseEvery }), Otherwise: "never",
		Doc: "The connection is lost about so often.",
	}, {
		Name: "note", Form: table.FreeText[Sim](nil), Doc: "Free text.",
	},
}

var simDefaults = simKeys.Defaults()

// sim checks one simulated modem, and marks the modem that it stands in for. It is nil where that modem
// does not exist or is disabled.
func (c *checker) sim(t *table.Table) *Sim {
	s := simDefaults
	s.Name, s.Modem = t.Name, t.Name
	simKeys.Read(t, &s)
	if !t.Good("delay_max") {
		s.DelayMax = s.Delay
	}
	switch {
	case s.DelayMax < s.Delay:
		t.Fault("delay_max", table.Flawf("write at least "+table.ShortDuration(s.Delay), "shorter than delay"))
	case t.Good("unit") && s.Meter != "modbus-rtu":
		t.Fault("unit", table.Flawf(`write meter = "modbus-rtu", or leave it out`, "it belongs to a Modbus meter"))
	case t.Good("address") && s.Meter != "iec62056-21":
		t.Fault("address", table.Flawf(`write meter = "iec62056-21", or leave it out`, "it belongs to an IEC meter"))
	}
	m, there := c.modems[s.Modem]
	if !there {
		if !t.Wrong("modem") && !c.listFailed {
			t.Fault("modem", table.Missing("modem", s.Modem, slices.Sorted(maps.Keys(c.modems))))
		}
		return nil
	}
	c.claim("simulated", s.Modem, t.Place("modem"), t.Label(), table.Flawf("keep one", "%s: modem %q is simulated", t.Label(), s.Modem))
	s.Credentials = m.Credentials
	if f := c.simReach(&s, m.Config); f != nil {
		t.Refuse(f)
	}
	if m.Disabled {
		return nil // nothing is simulated for it
	}
	m.Simulated = true
	c.found.Warn(t.At, "SIMULATED: %s answers in place of modem %s, and every reading from it is invented", t.Label(), s.Modem)
	return &s
}

// simReach sets the loopback address at which a simulated modem calls or is called. It refuses one that would leave the
// machine.
func (c *checker) simReach(s *Sim, m modem.Config) *table.Flaw {
	for _, address := range m.Dial {
		if isNetwork(address) {
			return table.Flawf(`write dial = "127.0.0.1:4001", or take the sim out`, "a simulated modem does not speak RFC 2217, and modem %s is dialled at %s", m.Name, address)
		}
		if host, _, _ := hostport.Split(address, ""); hostport.Loopback(host) == "" {
			return table.Flawf(`write dial = "127.0.0.1:4001", or take the sim out`, "a simulated modem is called on loopback only, and modem %s is dialled at %s", m.Name, address)
		}
	}
	switch e := c.exchanges[m.Exchange]; {
	case e != nil && m.Exchange != "":
		return simCall(s, e.Listen, e.Allow, e.Profile, m.ID)
	case m.Listen != "":
		return simCall(s, m.Listen, m.Allow, m.Profile, "")
	case len(m.Dial) > 0:
		s.Listen = m.Dial[0]
		return s.play(m.Profile, "")
	}
	return nil
}

// simCall sets a simulated modem to call at a listening address.
func simCall(s *Sim, listen string, allow []netip.Prefix, p profile.Profile, id string) *table.Flaw {
	if listen == "" {
		return nil // reported where it stands
	}
	host, port, f := hostport.Split(listen, "")
	if f != nil {
		return nil
	}
	reach := hostport.Loopback(host)
	if reach == "" {
		return table.Flawf(fmt.Sprintf(`write listen = "127.0.0.1:%s", or take the sim out`, port), "a simulated modem calls on loopback only, and %s is not on it", listen)
	}
	from, err := netip.ParseAddr(reach)
	if err != nil {
		from = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !p.Registers() && id != "" {
		if from, err = netip.ParseAddr(id); err != nil || !from.IsLoopback() {
			return table.Flawf(`write address = "127.0.0.1", or take the sim out`, "a simulated modem calls from a loopback address, and %s is none", id)
		}
		s.From = from.String()
	}
	if !mayCall(allow, from) {
		return table.Flawf(fmt.Sprintf("write %q into it too, or take the sim out", from), "a simulated modem calls from %s, which allow does not let in", from)
	}
	s.Call = net.JoinHostPort(reach, port)
	return s.play(p, id)
}

// play sets the profile and the identity of a simulated modem.
func (s *Sim) play(p profile.Profile, id string) *table.Flaw {
	if id == "" && p.Registers() {
		return nil // reported where it is missing
	}
	s.Profile = p
	if p.Registers() {
		s.ID = id
	}
	if _, err := p.Simulate(side.Identity{ID: id, Credentials: s.Credentials}); err != nil {
		return table.Flawf("write another id, or take the sim out", "%v", err)
	}
	return nil
}
