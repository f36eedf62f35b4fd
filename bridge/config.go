// Package bridge joins the parts: remote modems (modem), the local ports that are leased to them (port) or dial them (dialup), the
// plugged-in modems that reach them by telephone (fallback), the exchanges where they call in, and what outlives a restart (ledger). It
// makes what a configuration names and ends what it names no more. It moves no bytes itself, and parses none.
//
// The way of a byte from a program to its meter; modem tells more:
//
//  1. A program writes to a port. The port's goroutine is in port.Port.read, and port.Port.take gets the bytes.
//  2. modem.Access.Send is the port's way to its modem. The modem has one lease, and the port gets it with the first byte.
//  3. frame.Line.FromProgram, where a protocol is set, decides what leaves now and what waits to be whole.
//  4. relay.Session.TryWrite packs the bytes as the modem's family wants them, and gives them to the system.
//
// The way back:
//
//  1. The modem's goroutine is in relay.Session.Receive, which takes the family's packing and heartbeats off.
//  2. frame.Line.FromModem decides what is handed over, and drops what answers an earlier request.
//  3. port.Port.Deliver writes to the program, and waits while that does not read.
//
// The way of a call-in:
//
//  1. relay.Exchange.Run accepts a connection, and a registrar reads who calls.
//  2. The exchange looks the identity up among those that Bridge.subscribers has gathered.
//  3. modem.Modem.Answer takes the session, or refuses it, or lets it displace the present one.
//  4. modem.Modem.Run, which has waited for it, reads the session until it ends.
//
// The way of a reload:
//
//  1. Bridge.Reload hands the new configuration to the goroutine of Bridge.Run.
//  2. Bridge.plan compares each group of tasks with what is wanted, by group.diff. Nothing is changed yet.
//  3. Bridge.goOver has tasks change what cuts nobody while they run.
//  4. Bridge.stop ends what is gone or changed, each with its cause.
//  5. Bridge.startModems, Bridge.startPorts, Bridge.startDialups and Bridge.startExchanges make what is new.
//  6. Bridge.connectModems, Bridge.connectDialups and Bridge.connectExchanges tell the parts of each other.
package bridge

import (
	"net/netip"
	"time"

	"meterline/bridge/dialup"
	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/relay/profile"
	"meterline/vport"
)

// Config is what a bridge serves, checked. It holds plain values only, so that two configurations can be compared; the
// order of its lists is the order of status.
type Config struct {
	Exchanges []ExchangeConfig
	Modems    []modem.Config
	Ports     []PortConfig
	USB       []fallback.Config
}

// ExchangeConfig is one listening address where modems call in.
type ExchangeConfig struct {
	Name                string
	Listen              string
	Profile             profile.Profile
	Allow               []netip.Prefix
	Takeover            modem.Takeover
	RegistrationTimeout time.Duration
	MaxUnregistered     int
	Outage              int // percent of its modems away at which fallback pauses, five at least; 0 means 20
}

// PortConfig is one local port, leased to one modem, or one from which any modem can be dialled.
type PortConfig struct {
	Name  string // [port.NAME]; for a modem's own port the modem's name
	Own   bool   // the modem's own `port`: what it sends without a lease goes here
	Modem string // empty for a dial-up port
	Spec  vport.Spec

	Dialup *dialup.Emulation // nil: the port is leased
}

// Specs are those of all ports.
func (c Config) Specs() []vport.Spec {
	specs := make([]vport.Spec, 0, len(c.Ports))
	for _, p := range c.Ports {
		specs = append(specs, p.Spec)
	}
	return specs
}
