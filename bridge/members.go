package bridge

import (
	"meterline/bridge/dialup"
	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/relay/profile"
)

// members are the parts that a configuration wants to run, by name; ports by address.
type members struct {
	modems    map[string]modem.Config
	ports     map[string]port.Config
	dialups   map[string]dialup.Config
	usb       map[string]fallback.Config
	exchanges map[string]exchangeKey
}

// exchangeKey is an exchange's configuration and, for a modem's own address, that modem's name.
type exchangeKey struct {
	cfg   ExchangeConfig
	modem string
}

// line returns the name of the line by which modems call in there.
func (k exchangeKey) line() string {
	if k.modem != "" {
		return modem.ByListen + k.cfg.Listen
	}
	return modem.ByExchange + k.cfg.Name
}

// active returns the parts of cfg that are to run: disabled modems and their ports are left out.
func active(cfg Config) members {
	w := members{
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

// ownExchange returns the exchange at a modem's own address: whoever calls there is that modem.
func ownExchange(m modem.Config) ExchangeConfig {
	if m.Profile.Kind == "" {
		m.Profile = profile.Profile{Name: "direct", Kind: profile.Direct}
	}
	return ExchangeConfig{
		Name: "modem " + m.Name, Listen: m.Listen, Allow: m.Allow, Takeover: m.Takeover,
		Profile: m.Profile,
	}
}
