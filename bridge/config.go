package bridge

import (
	"net/netip"
	"time"

	"meterline/bridge/dialup"
	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/bridge/port"
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

// tasks are the configurations of what is to run, by name.
type tasks struct {
	modems    map[string]modem.Config
	ports     map[string]port.Config
	dialups   map[string]dialup.Config
	usb       map[string]fallback.Config
	exchanges map[string]exchangeKey
}

// exchangeKey is an exchange's configuration, and the name of the modem if it is a listening address of one modem alone.
type exchangeKey struct {
	cfg   ExchangeConfig
	modem string
}

// line is the name of the line of a modem that calls in there.
func (k exchangeKey) line() string {
	if k.modem != "" {
		return modem.ByListen + k.cfg.Listen
	}
	return modem.ByExchange + k.cfg.Name
}

// active returns what is to run. Disabled modems and their ports are left out.
func active(cfg Config) tasks {
	w := tasks{
		make(map[string]modem.Config), make(map[string]port.Config), make(map[string]dialup.Config), make(map[string]fallback.Config),
		make(map[string]exchangeKey),
	}
	for _, u := range cfg.USB {
		w.usb[u.Name] = u
	}
	for _, e := range cfg.Exchanges {
		w.exchanges[e.Name] = exchangeKey{cfg: e}
	}
	for _, m := range cfg.Modems {
		if m.Disabled {
			continue
		}
		w.modems[m.Name] = m.WithDefaults()
		if m.Listen != "" {
			key := exchangeKey{ownExchange(m), m.Name}
			w.exchanges[key.cfg.Name] = key
		}
	}
	for _, p := range cfg.Ports {
		if p.Dialup != nil {
			w.dialups[p.Spec.Address] = dialup.Config{Name: p.Name, Spec: p.Spec, Emulation: *p.Dialup}
			continue
		}
		if _, ok := w.modems[p.Modem]; ok {
			w.ports[p.Spec.Address] = port.Config{Name: p.Name, Own: p.Own, Modem: p.Modem, Spec: p.Spec}
		}
	}
	return w
}

// ownExchange returns the exchange for a modem's own listening address. Whoever calls there is that modem.
func ownExchange(m modem.Config) ExchangeConfig {
	if m.Profile.Kind == "" {
		m.Profile = profile.Profile{Name: "direct", Kind: profile.Direct}
	}
	return ExchangeConfig{
		Name: "modem " + m.Name, Listen: m.Listen, Allow: m.Allow, Takeover: m.Takeover,
		Profile: m.Profile,
	}
}
