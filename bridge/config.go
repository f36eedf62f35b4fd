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
