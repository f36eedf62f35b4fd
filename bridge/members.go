package bridge

import "meterline/relay/profile"

// members is what a configuration wants to run, by name.
type members struct {
	modems    map[string]ModemConfig
	ports     map[string]PortConfig
	phones    map[string]PortConfig
	desks     map[string]USBConfig
	exchanges map[string]exchangeKey
}

// exchangeKey is an exchange's configuration, and the modem whose own it is.
type exchangeKey struct {
	cfg   ExchangeConfig
	modem string
}

// line is the way by which a modem comes that calls in there.
func (k exchangeKey) line() string {
	if k.modem != "" {
		return byListen + k.cfg.Listen
	}
	return byExchange + k.cfg.Name
}

// active is what of cfg is to run: disabled modems and their ports are not.
func active(cfg Config) members {
	w := members{
		make(map[string]ModemConfig), make(map[string]PortConfig), make(map[string]PortConfig), make(map[string]USBConfig),
		make(map[string]exchangeKey),
	}
	for _, u := range cfg.USB {
		w.desks[u.Name] = u
	}
	for _, e := range cfg.Exchanges {
		w.exchanges[e.Name] = exchangeKey{cfg: e}
	}
	for _, m := range cfg.Modems {
		if m.Disabled {
			continue
		}
		w.modems[m.Name] = m.withDefaults()
		if m.Listen != "" {
			key := exchangeKey{ownExchange(m), m.Name}
			w.exchanges[key.cfg.Name] = key
		}
	}
	for _, p := range cfg.Ports {
		if p.Dialup != nil {
			w.phones[p.Spec.Address] = p
			continue
		}
		if _, ok := w.modems[p.Modem]; ok {
			w.ports[p.Spec.Address] = p
		}
	}
	return w
}

// ownExchange is the exchange behind a modem's own listening address: who calls there is that modem.
func ownExchange(m ModemConfig) ExchangeConfig {
	if m.Profile.Kind == "" {
		m.Profile = profile.Profile{Name: "direct", Kind: profile.Direct}
	}
	return ExchangeConfig{
		Name: "modem " + m.Name, Listen: m.Listen, Allow: m.Allow, Takeover: m.Takeover,
		Profile: m.Profile,
	}
}
