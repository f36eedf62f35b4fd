package bridge

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"

	"meterline/bridge/dialup"
	"meterline/bridge/fallback"
	"meterline/bridge/journal"
	"meterline/bridge/ledger"
	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/relay"
	"meterline/vport"
)

// errReconfigured ends the session of a modem whose configuration was changed.
var errReconfigured = errors.New("the modem's configuration was changed")

// apply starts and ends parts so that those of cfg run. Parts that have not changed are not touched: a port whose modem has changed
// keeps its device, and the program that has it open notices nothing. made is done when each new port and exchange is up, or has
// failed once. The caller holds mu.
func (b *Bridge) apply(ctx context.Context, wg, made *sync.WaitGroup, cfg Config) status.Changes {
	var c changeLog
	wanted := active(cfg)
	// A port that is leased to another modem now is made again: its program must not talk to another meter without noticing.
	b.permit(wanted, &c)
	removeStale(b.ports, wanted.ports, func(p *port.Port) any { return p.Config() }, nil, &c)
	removeStale(b.dialups, wanted.dialups, func(p *dialup.Port) any { return p.Config() }, nil, &c)
	removeStale(b.exchanges, wanted.exchanges, func(e *exchange) any { return exchangeKey{e.cfg, e.modem} }, nil, &c)
	removeStale(b.usb, wanted.usb, func(d *fallback.Queue) any { return d.Config() }, nil, &c)
	before := maps.Clone(b.modems)
	b.adopt(wanted, &c)
	removeStale(b.modems, wanted.modems, func(m *modem.Modem) any { return m.Config() }, errReconfigured, &c)
	b.prepare(cfg, wanted)
	b.plugIn(ctx, wg, wanted, &c)
	b.startModems(ctx, wg, wanted, before, &c)
	b.startPorts(ctx, wg, made, cfg, wanted, &c)
	b.giveQueues()
	b.givePorts(cfg)
	b.startDialups(ctx, wg, made, cfg, wanted, &c)
	b.openExchanges(ctx, wg, made, wanted, &c)
	b.giveExchanges()
	b.cfg = cfg
	return c.result()
}

// startModems starts the modems that are new. One whose configuration has changed inherits what is known of its meters.
func (b *Bridge) startModems(ctx context.Context, wg *sync.WaitGroup, wanted members, before map[string]*member[*modem.Modem], c *changeLog) {
	for name, old := range before {
		if b.modems[name] == nil {
			b.reaches.remove(old.it)
		}
	}
	for name, mc := range wanted.modems {
		if b.modems[name] == nil {
			m := modem.New(mc, b.opt.Line(mc), b.log, b.ledger.Of(name, ledger.CostOf(mc.Link)))
			m.SetRingers(b.board.Group)
			m.SetOutage(b.outages[mc.Exchange])
			if old := before[name]; old != nil {
				m.Inherit(old.it)
			}
			b.reaches.add(m)
			b.modems[name] = start(ctx, wg, m, m.Run)
			c.started("modem " + name)
		}
	}
}

// startPorts starts the leased ports that are new, and connects the others to their modems, which may be new.
func (b *Bridge) startPorts(ctx context.Context, wg, made *sync.WaitGroup, cfg Config, wanted members, c *changeLog) {
	for _, pc := range cfg.Ports {
		name := pc.Spec.Address
		lc, ok := wanted.ports[name]
		if !ok {
			continue
		}
		m := b.modems[pc.Modem].it
		if p := b.ports[name]; p != nil {
			p.it.Rebind(m)
			continue
		}
		made.Add(1)
		p := port.New(lc, m, b.log, made.Done)
		b.ports[name] = start(ctx, wg, p, func(ctx context.Context) { p.Run(ctx, b.opt.OpenPort) })
		c.started("port " + pc.Spec.Address)
	}
}

// openExchanges starts the exchanges that are new, and gives all of them the modems that may register.
func (b *Bridge) openExchanges(ctx context.Context, wg, made *sync.WaitGroup, wanted members, c *changeLog) {
	for name, key := range wanted.exchanges {
		if b.exchanges[name] == nil {
			made.Add(1)
			e := newExchange(key.cfg, key.modem, b.log, b.unknown, b.origins, made.Done)
			e.relay.Subscribe(b.directory(key))
			b.exchanges[name] = start(ctx, wg, e, e.run)
			c.started("exchange " + name)
			continue
		}
		b.exchanges[name].it.relay.Subscribe(b.directory(key))
	}
}

// prepare readies the kinds of ports for all ports of cfg. A port for which that fails tries again by itself, and shows why it is down.
func (b *Bridge) prepare(cfg Config, wanted members) {
	var specs []vport.Spec
	for _, pc := range cfg.Ports {
		_, port := wanted.ports[pc.Spec.Address]
		_, phone := wanted.dialups[pc.Spec.Address]
		if port || phone {
			specs = append(specs, pc.Spec)
		}
	}
	if err := b.kinds.Prepare(specs); err != nil {
		b.log.Warn("not all ports can be made", "err", err)
	}
}

// start runs a new part until it is cancelled or ctx ends.
func start[T any](ctx context.Context, wg *sync.WaitGroup, it T, run func(context.Context)) *member[T] {
	ctx, cancel := context.WithCancelCause(ctx)
	m := &member[T]{it: it, cancel: cancel, done: make(chan struct{})}
	wg.Go(func() {
		defer close(m.done)
		run(ctx)
	})
	return m
}

// removeStale ends the parts that are not wanted, or not as they are, all at the same time, and waits for that. key returns a part's
// configuration. changed is the cause for those that are wanted in another form; nil: as for those that are not wanted.
func removeStale[T, C any](have map[string]*member[T], wanted map[string]C, key func(T) any, changed error, c *changeLog) {
	var stale []*member[T]
	for name, m := range have {
		w, ok := wanted[name]
		if ok && reflect.DeepEqual(key(m.it), any(w)) {
			continue
		}
		cause := relay.ErrRemoved
		if ok && changed != nil {
			cause = changed
		}
		m.cancel(cause)
		delete(have, name)
		stale = append(stale, m)
	}
	for _, m := range stale {
		<-m.done
		c.stopped(labelOfMember(m.it))
	}
}

// adopt changes the configuration of modems in what does not concern their sessions, without ending them.
func (b *Bridge) adopt(wanted members, c *changeLog) {
	for name, mc := range wanted.modems {
		if m := b.modems[name]; m != nil && m.it.Adopt(mc) {
			c.adopted("modem " + name)
		}
	}
}

// givePorts tells each modem which ports are leased to it, its own port first.
func (b *Bridge) givePorts(cfg Config) {
	of := make(map[string][]*modem.Access)
	for _, pc := range cfg.Ports {
		if p := b.ports[pc.Spec.Address]; p != nil {
			of[pc.Modem] = append(of[pc.Modem], p.it.Access())
		}
	}
	for name, m := range b.modems {
		ports := of[name]
		slices.SortStableFunc(ports, func(a, b *modem.Access) int {
			switch {
			case a.Own() == b.Own():
				return 0
			case a.Own():
				return -1
			}
			return 1
		})
		m.it.SetPorts(ports)
	}
}

// directory returns the modems that may register at an exchange, by id; the empty id takes whoever calls.
func (b *Bridge) directory(key exchangeKey) map[string]relay.Subscriber {
	d := make(map[string]relay.Subscriber)
	for _, m := range b.modems {
		answer := func(s *relay.Session) error {
			s.SetLine(key.line())
			if err := m.it.Answer(s, key.cfg.Takeover); err != nil {
				return err
			}
			m.it.CalledFrom(relay.OriginOf(s.Peer()))
			return nil
		}
		cfg := m.it.Config()
		s := relay.Subscriber{Link: cfg.Link, Observer: m.it.Hear, FrameEnd: cfg.Frame.AnswerEnd, Answer: answer}
		switch {
		case key.modem == cfg.Name:
			d[""] = s
		case key.modem == "" && cfg.Exchange == key.cfg.Name:
			d[cfg.ID] = s
		}
	}
	return d
}

// startDialups starts the dial-up ports that are new, and tells all of them which modems there are to dial.
func (b *Bridge) startDialups(ctx context.Context, wg, made *sync.WaitGroup, cfg Config, wanted members, c *changeLog) {
	b.board.SetModems(its(b.modems))
	for _, pc := range cfg.Ports {
		name := pc.Spec.Address
		if dc, ok := wanted.dialups[name]; ok && b.dialups[name] == nil {
			made.Add(1)
			p := dialup.New(dc, b.board, b.stranger, b.wakeByVoiceCall, b.log, made.Done)
			b.dialups[name] = start(ctx, wg, p, func(ctx context.Context) { p.Run(ctx, b.opt.OpenPort) })
			c.started("port " + pc.Spec.Address)
		}
	}
	groups := make(map[string][]modem.Ringer)
	for _, pc := range cfg.Ports {
		if p := b.dialups[pc.Spec.Address]; p != nil {
			groups[pc.Name] = append(groups[pc.Name], p.it)
		}
	}
	b.board.SetGroups(groups)
}

// its returns the parts of members, in the order of their names.
func its[T any](members map[string]*member[T]) []T {
	all := make([]T, 0, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		all = append(all, members[name].it)
	}
	return all
}

// stranger returns a modem for one call, to an address that a program has dialled.
func (b *Bridge) stranger(address string) *modem.Modem {
	cfg := modem.Config{Name: address, Dial: []string{address}, OnOpen: true}
	return modem.New(cfg, b.opt.Line(cfg), journal.OneSubject(b.log, "dialled addresses"), &ledger.Account{})
}

// giveExchanges tells each modem at which exchange it calls in.
func (b *Bridge) giveExchanges() {
	for name, e := range b.exchanges {
		for _, m := range b.modems {
			if e.it.modem == m.it.Name() || e.it.modem == "" && m.it.Config().Exchange == name {
				m.it.CallsInAt(e.it, e.it.modem != "")
			}
		}
	}
}
