package bridge

import (
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
)

// Status returns the state of everything. It asks the system which programs have ports open, which takes some milliseconds.
func (b *Bridge) Status() status.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	programs, err := b.kinds.Programs()
	if err != nil {
		b.log.Debug("programs at the ports are not known", "err", err)
	}
	s := status.Status{At: now, Since: b.started, Ports: []status.Port{}, Modems: []status.Modem{}, Exchanges: []status.Exchange{}}
	simulated := make(map[string]bool)
	for _, c := range b.cfg.Modems {
		simulated[c.Name] = c.Simulated
		s.Modems = append(s.Modems, b.modemStatus(c, now))
	}
	for _, c := range b.cfg.Ports {
		if p := b.dialups.all[c.Spec.Address]; p != nil {
			ps := p.it.Status(programs)
			ps.Simulated = simulated[ps.Modem]
			s.Ports = append(s.Ports, ps)
			continue
		}
		p := b.ports.all[c.Spec.Address]
		if p == nil {
			s.Ports = append(s.Ports, status.Port{
				Name: c.Name, Path: c.Spec.Address, Modem: c.Modem, Own: c.Own, State: b.absent(), Simulated: simulated[c.Modem],
			})
			continue
		}
		ps := p.it.Status(programs)
		ps.Simulated = simulated[c.Modem]
		s.Ports = append(s.Ports, ps)
	}
	for _, c := range b.cfg.USB {
		if d := b.usb.all[c.Name]; d != nil {
			s.USB = append(s.USB, d.it.Status())
		}
	}
	for _, name := range exchangeOrder(b.cfg) {
		if e := b.exchanges.all[name]; e != nil {
			s.Exchanges = append(s.Exchanges, e.it.status(s.Modems))
		}
	}
	return s
}

// absent returns the state of a configured port that does not exist: its modem is disabled, or the bridge has just started. The caller
// holds mu.
func (b *Bridge) absent() string {
	if b.started.IsZero() {
		return string(port.Down)
	}
	return "disabled"
}

// exchangeOrder returns the exchanges' names in the order of the file, followed by modems' own addresses.
func exchangeOrder(cfg Config) []string {
	var names []string
	for _, e := range cfg.Exchanges {
		names = append(names, e.Name)
	}
	for _, m := range cfg.Modems {
		if m.Listen != "" {
			names = append(names, ownExchange(m).Name)
		}
	}
	return names
}

func (b *Bridge) modemStatus(c modem.Config, now time.Time) status.Modem {
	if m := b.modems.all[c.Name]; m != nil {
		return m.it.Status(now)
	}
	return status.Modem{
		Name: c.Name, Note: c.Note, Disabled: c.Disabled, Simulated: c.Simulated, Exchange: c.Exchange, ID: c.ID,
		Lines: modem.Lines(c), State: "disabled",
	}
}
