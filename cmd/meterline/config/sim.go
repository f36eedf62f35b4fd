package config

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"time"

	"meterline/bridge/modem"
	"meterline/relay/profile"
	"meterline/relay/simulated"
)

// Sim is one simulated modem, with all that it takes to be on line with the modem that it stands in for.
type Sim struct {
	Name     string // of its table
	Modem    string
	Meter    string // "modbus-rtu", "iec62056-21" or "echo"
	Unit     byte   // of the Modbus meter
	Address  string // of the IEC meter, empty: it answers to any
	Call     string // loopback address that it calls, or empty
	From     string // loopback address that it calls from, empty: any
	Listen   string // loopback address where it is called, or empty
	Register []byte // what it sends first, where no profile says that
	Side     string // a variant that its profile does not tell, such as "irz-plain"; empty: none
	ID       string // of the modem under its profile

	Profile profile.Profile // whose modem it plays; the zero value: it adds nothing

	Shuffle         bool          // cut and merge what it sends at random
	BeatEvery       time.Duration // silence before a heartbeat of the family, 0: as its maker sets it
	Delay, DelayMax time.Duration // of each answer
	Fragment        int           // bytes in a piece, 0: whole
	LoseEvery       time.Duration // mean time until the connection is lost, 0: never
}

// sim checks one simulated modem, and marks the modem that it stands in for. It is nil where that modem
// does not exist or is disabled.
func (c *checker) sim(t *section) *Sim {
	s := &Sim{
		Name: t.name, Modem: t.name,
		Meter:     t.choice("meter", "echo", "modbus-rtu", "iec62056-21"),
		Unit:      byte(t.number("unit", 1, 1, 247)),
		Address:   t.text("address"),
		Delay:     t.duration("delay", 0, 0, time.Minute),
		Fragment:  t.number("fragment", 0, 0, 4096),
		LoseEvery: t.duration("lose_every", 0, time.Second, 24*time.Hour),
	}
	s.DelayMax = t.duration("delay_max", s.Delay, 0, time.Minute)
	t.note()
	switch {
	case s.DelayMax < s.Delay:
		t.fault("delay_max", flawf("write at least "+shortDuration(s.Delay), "shorter than delay"))
	case t.ok("unit") && s.Meter != "modbus-rtu":
		t.fault("unit", flawf(`write meter = "modbus-rtu", or leave it out`, "it belongs to a Modbus meter"))
	case t.ok("address") && s.Meter != "iec62056-21":
		t.fault("address", flawf(`write meter = "iec62056-21", or leave it out`, "it belongs to an IEC meter"))
	}
	if t.given("modem") {
		s.Modem = t.text("modem")
	}
	m, there := c.modems[s.Modem]
	if !there {
		if s.Modem != "" && !c.unlisted {
			t.fault("modem", missing("modem", s.Modem, slices.Sorted(maps.Keys(c.modems))))
		}
		return nil
	}
	c.claim("simulated", s.Modem, t.place("modem"), t.label(), flawf("keep one", "%s: modem %q is simulated", t.label(), s.Modem))
	if f := c.simReach(s, m.config); f != nil {
		c.found.fault(t.at, &flaw{t.label() + ": " + f.what, f.hint})
	}
	if m.config.Disabled {
		return nil // it is off as a whole
	}
	m.config.Simulated = true
	c.found.warn(t.at, "SIMULATED: %s answers in place of modem %s, and every reading from it is invented", t.label(), s.Modem)
	return s
}

// simReach finds how a simulated modem and the daemon meet without leaving the machine.
func (c *checker) simReach(s *Sim, m modem.Config) *flaw {
	for _, address := range m.Dial {
		if isNetwork(address) {
			return flawf(`write dial = "127.0.0.1:4001", or take the sim out`, "a simulated modem does not speak RFC 2217, and modem %s is dialled at %s", m.Name, address)
		}
		if host, _, _ := splitAddress(address, ""); loopbackHost(host) == "" {
			return flawf(`write dial = "127.0.0.1:4001", or take the sim out`, "a simulated modem is called on loopback only, and modem %s is dialled at %s", m.Name, address)
		}
	}
	switch e := c.exchanges[m.Exchange]; {
	case e != nil && m.Exchange != "":
		return simCall(s, e.config.Listen, e.config.Allow, e.config.Profile, m.ID)
	case m.Listen != "":
		return simCall(s, m.Listen, m.Allow, m.Profile, "")
	case len(m.Dial) > 0:
		s.Listen = m.Dial[0]
		return s.play(m.Profile, "")
	}
	return nil
}

// simCall lets a simulated modem call at a listening address.
func simCall(s *Sim, listen string, allow []netip.Prefix, p profile.Profile, id string) *flaw {
	if listen == "" {
		return nil // told of where it stands
	}
	host, port, f := splitAddress(listen, "")
	if f != nil {
		return nil
	}
	reach := loopbackHost(host)
	if reach == "" {
		return flawf(fmt.Sprintf(`write listen = "127.0.0.1:%s", or take the sim out`, port), "a simulated modem calls on loopback only, and %s is not on it", listen)
	}
	from, err := netip.ParseAddr(reach)
	if err != nil {
		from = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !p.Registers() && id != "" {
		if from, err = netip.ParseAddr(id); err != nil || !from.IsLoopback() {
			return flawf(`write address = "127.0.0.1", or take the sim out`, "a simulated modem calls from a loopback address, and %s is none", id)
		}
		s.From = from.String()
	}
	if !mayCall(allow, from) {
		return flawf(fmt.Sprintf("write %q into it too, or take the sim out", from), "a simulated modem calls from %s, which allow does not let in", from)
	}
	s.Call = net.JoinHostPort(reach, port)
	return s.play(p, id)
}

// play makes the simulated modem one of that profile.
func (s *Sim) play(p profile.Profile, id string) *flaw {
	if id == "" && p.Registers() {
		return nil // told of where it is missing
	}
	s.Profile = p
	if p.Registers() {
		s.ID = id
	}
	if _, err := simulated.ProfileSide(p, id); err != nil {
		return flawf("write another id, or take the sim out", "%v", err)
	}
	return nil
}
