// Package bridge runs the parts of a configuration: remote modems (modem), local ports that are leased to them (port) or dial them
// (dialup), plugged-in modems that reach them by telephone (fallback), exchanges where they call in, and what outlives a restart
// (ledger). It moves no bytes itself: the two directions of a session are in package modem.
//
// A call-in:
//
//  1. exchange.run listens by way of a relay.Exchange, which reads who calls.
//  2. Bridge.directory has given that exchange the modems that may register there, each with an answer of its own.
//  3. The answer notes the line in the session, and hands the session to modem.Modem, which takes or refuses it.
//  4. The modem's port becomes joined: port.Port.StateChanged, for the program that has it open.
//
// A reload:
//
//  1. Bridge.Reload hands the new configuration to Bridge.attend, which carries out one after the other.
//  2. active lists what is to run: disabled modems and their ports are not.
//  3. Bridge.permit and Bridge.adopt change what can be changed while it runs.
//  4. removeStale ends the parts that are not wanted as they are, and waits for that: what follows may need their names and addresses.
//  5. Bridge.plugIn, Bridge.startModems, Bridge.startPorts, Bridge.startDialups and Bridge.openExchanges start what is new.
//  6. Bridge.giveQueues, Bridge.givePorts and Bridge.giveExchanges tell the modems of their plugged-in modem, ports and exchange.
//  7. Bridge.Reload waits until each new port and exchange is up, or has failed once, and returns what changeLog.result has collected.
//
// Bridge.Run applies the first configuration in the same way, with nothing to end. At its end all parts end together, and then the ledger
// is saved.
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

// Config is what a bridge serves. It has been checked. It holds plain values only, so that two configurations can be compared. Status
// has the order of its lists.
type Config struct {
	Exchanges []ExchangeConfig
	Modems    []modem.Config
	Ports     []PortConfig
	USB       []fallback.Config
}

// ExchangeConfig is one address at which modems call in.
type ExchangeConfig struct {
	Name                string
	Listen              string
	Profile             profile.Profile
	Allow               []netip.Prefix
	Takeover            modem.Takeover
	RegistrationTimeout time.Duration
	MaxUnregistered     int
	Outage              int // percent of its modems, but at least five, that must be away for fallback to pause; 0 means 20
}

// PortConfig is one local port: leased to one modem, or a dial-up port, from which any modem can be dialled.
type PortConfig struct {
	Name  string // [port.NAME]; for a modem's own port the modem's name
	Own   bool   // it is the modem's own `port`, which gets what the modem sends while no port has the lease
	Modem string // empty for a dial-up port
	Spec  vport.Spec

	Dialup *dialup.Emulation // nil: the port is leased
}

// Specs returns the specifications of all ports.
func (c Config) Specs() []vport.Spec {
	specs := make([]vport.Spec, 0, len(c.Ports))
	for _, p := range c.Ports {
		specs = append(specs, p.Spec)
	}
	return specs
}
