package bridge

import (
	"cmp"
	"context"
	"log/slog"
	"slices"

	"meterline/bridge/fallback"
	"meterline/bridge/journal"
	"meterline/bridge/ledger"
	"meterline/bridge/modem"
	"meterline/relay"
	"meterline/relay/codec"
)

// connectModems tells each modem which ports are leased to it, its own first, and which plugged-in modem reaches it; and dial-up ports
// whom they reach, before new ones are opened. The caller holds mu.
func (b *Bridge) connectModems() {
	of := make(map[string][]*modem.Access)
	for _, pc := range b.cfg.Ports {
		if p, ok := b.ports.has(pc.Spec.Address); ok {
			of[pc.Modem] = append(of[pc.Modem], p.Access())
		}
	}
	for name, m := range b.modems.all {
		ports := of[name]
		slices.SortStableFunc(ports, func(a, b *modem.Access) int { return ownFirst(a.Own(), b.Own()) })
		m.it.SetPorts(ports)
		var queue *fallback.Queue
		if cfg := m.it.Config(); len(cfg.Numbers) > 0 {
			queue, _ = b.usb.has(cfg.Fallback.USB)
		}
		reachOf(m.it).Use(queue)
	}
	b.board.SetModems(b.modems.inOrder())
}

// ownFirst orders a modem's own port before the others that are leased to it.
func ownFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// connectDialups tells modems who may ring for them. The caller holds mu.
func (b *Bridge) connectDialups() {
	groups := make(map[string][]modem.Ringer)
	for _, pc := range b.cfg.Ports {
		if p, ok := b.dialups.has(pc.Spec.Address); ok {
			groups[pc.Name] = append(groups[pc.Name], p)
		}
	}
	b.board.SetGroups(groups)
}

// subscribers are who may register, by exchange. The caller holds mu.
func (b *Bridge) subscribers(wanted tasks) map[string]map[string]relay.Subscriber {
	all := make(map[string]map[string]relay.Subscriber)
	add := func(key exchangeKey, id string, m *modem.Modem) {
		d := all[key.cfg.Name]
		if d == nil {
			d = make(map[string]relay.Subscriber)
			all[key.cfg.Name] = d
		}
		d[id] = subscriber(key, m)
	}
	for _, m := range b.modems.all {
		cfg := m.it.Config()
		if key, ok := wanted.exchanges[cfg.Exchange]; ok && cfg.Exchange != "" {
			add(key, cfg.ID, m.it)
		}
		if cfg.Listen != "" {
			add(wanted.exchanges[ownExchange(cfg).Name], "", m.it)
		}
	}
	return all
}

// subscriber is m as it may register at an exchange.
func subscriber(key exchangeKey, m *modem.Modem) relay.Subscriber {
	cfg := m.Config()
	answer := func(s *relay.Session) error {
		s.SetLine(key.line())
		if err := m.Answer(s, key.cfg.Takeover); err != nil {
			return err
		}
		m.Account().CalledFrom(relay.OriginOf(s.Peer()))
		return nil
	}
	return relay.Subscriber{
		Link: cfg.Link, Credentials: cfg.Credentials, Observer: m.Observe, FrameEnd: m.FrameEnd(), HeartbeatAnywhere: cfg.HeartbeatAnywhere, Answer: answer,
	}
}

// connectExchanges tells each modem where it calls in. The caller holds mu.
func (b *Bridge) connectExchanges() {
	for _, m := range b.modems.all {
		cfg := m.it.Config()
		if e, ok := b.exchanges.has(cfg.Exchange); ok && cfg.Exchange != "" {
			m.it.CallsInAt(e, false)
		}
		if cfg.Listen != "" {
			if e, ok := b.exchanges.has(ownExchange(cfg).Name); ok {
				m.it.CallsInAt(e, true)
			}
		}
	}
}

// stranger is the far end of a number that is an address: a modem for one call.
func (b *Bridge) stranger(address string) *modem.Modem {
	cfg := modem.Config{Name: address, Dial: []string{address}, OnOpen: true}
	return b.newModem(cfg, journal.OneSubject(b.log, "dialled addresses"), &ledger.Account{})
}

// newModem makes a modem with the line to its addresses.
func (b *Bridge) newModem(cfg modem.Config, log *slog.Logger, acc *ledger.Account) *modem.Modem {
	var ends codec.FrameEnd
	line := b.opt.Line(cfg, func(p []byte) (int, bool) { return ends(p) }) // set before the line has a session
	m := modem.New(cfg, line, log, acc)
	ends = m.FrameEnd()
	return m
}

// wakeByVoiceCall wakes a modem that a program has made a voice call to, where there is something to wake it with.
func (b *Bridge) wakeByVoiceCall(ctx context.Context, m *modem.Modem) error {
	if r := reachOf(m); r != nil {
		return r.StartWake(ctx)
	}
	return fallback.NoFallback(m)
}

// setOutages counts, for each exchange, how many of its modems are away. The caller holds mu.
func (b *Bridge) setOutages(wanted tasks) {
	for name, key := range wanted.exchanges {
		o := b.outages[name]
		if o == nil {
			o = new(modem.Outage)
			b.outages[name] = o
		}
		o.SetPercent(cmp.Or(key.cfg.Outage, 20))
	}
}

// reachOf returns the fallback of m, nil if it has none: a modem that is there for one call.
func reachOf(m *modem.Modem) *fallback.Reach {
	reach, _ := m.Fallback().(*fallback.Reach)
	return reach
}
