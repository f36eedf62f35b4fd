package bridge

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"

	"meterline/bridge/journal"
	"meterline/relay"
	"meterline/vport"
)

// errReconfigured is the cause of a session whose modem was given another configuration.
var errReconfigured = errors.New("the modem's configuration was changed")

// apply makes the members follow cfg. What it names unchanged is not touched: a port whose modem alone has changed keeps its
// device, and the program that has it open notices nothing. made is done when each new port and exchange is there, or has failed
// once. The bridge's mutex is held.
func (b *Bridge) apply(ctx context.Context, wg, made *sync.WaitGroup, cfg Config) Changes {
	var c changeLog
	wanted := active(cfg)
	// A port that goes to another modem is made anew: its program must not talk to another meter unawares.
	b.permit(wanted, &c)
	removeStale(b.ports, wanted.ports, func(p *port) any { return p.cfg }, nil, &c)
	removeStale(b.phones, wanted.phones, func(p *phone) any { return p.cfg }, nil, &c)
	removeStale(b.exchanges, wanted.exchanges, func(e *exchange) any { return exchangeKey{e.cfg, e.modem} }, nil, &c)
	removeStale(b.desks, wanted.desks, func(d *desk) any { return d.cfg }, nil, &c)
	before := maps.Clone(b.modems)
	b.adopt(wanted, &c)
	removeStale(b.modems, wanted.modems, func(m *modem) any { return m.cfg }, errReconfigured, &c)

	b.prepare(cfg, wanted)

	b.plugIn(ctx, wg, wanted, &c)
	for name, mc := range wanted.modems {
		if b.modems[name] == nil {
			m := newModem(mc, b.opt.Line(mc), b.log, b.ledger.of(name, costOf(mc.Link)))
			m.board, m.attendance = b.board, b.attending[mc.Exchange]
			if old := before[name]; old != nil {
				m.inherit(old.it)
			}
			b.modems[name] = start(ctx, wg, m, m.run)
			c.started("modem " + name)
		}
	}
	for _, pc := range cfg.Ports {
		name := pc.Spec.Address
		if _, ok := wanted.ports[name]; !ok {
			continue
		}
		m := b.modems[pc.Modem].it
		if p := b.ports[name]; p != nil {
			p.it.rebind(m)
			continue
		}
		made.Add(1)
		p := newPort(pc, m, b.log, made.Done)
		b.ports[name] = start(ctx, wg, p, func(ctx context.Context) { p.run(ctx, b.opt.OpenPort) })
		c.started("port " + pc.Spec.Address)
	}
	b.giveDesks()
	b.givePorts(cfg)
	b.connectPhones(ctx, wg, made, cfg, wanted, &c)
	b.openExchanges(ctx, wg, made, wanted, &c)
	b.giveExchanges()
	b.cfg = cfg
	return c.result()
}

// openExchanges starts the exchanges that are new, and tells all of them who may register.
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

// prepare readies the kinds of ports for those that are there and to come. A port for which that fails tries for itself, and says
// why it is down.
func (b *Bridge) prepare(cfg Config, wanted members) {
	var specs []vport.Spec
	for _, pc := range cfg.Ports {
		_, port := wanted.ports[pc.Spec.Address]
		_, phone := wanted.phones[pc.Spec.Address]
		if port || phone {
			specs = append(specs, pc.Spec)
		}
	}
	if err := b.kinds.Prepare(specs); err != nil {
		b.log.Warn("not all ports can be made", "err", err)
	}
}

// start runs something new until it is stopped or ctx ends.
func start[T any](ctx context.Context, wg *sync.WaitGroup, it T, run func(context.Context)) *member[T] {
	ctx, cancel := context.WithCancelCause(ctx)
	m := &member[T]{it: it, cancel: cancel, done: make(chan struct{})}
	wg.Go(func() {
		defer close(m.done)
		run(ctx)
	})
	return m
}

// removeStale stops the members that wanted does not name as they are, all of them at once.
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

// adopt lets modems go over to what does not concern their sessions.
func (b *Bridge) adopt(wanted members, c *changeLog) {
	for name, mc := range wanted.modems {
		if m := b.modems[name]; m != nil && m.it.adopt(mc) {
			c.adopted("modem " + name)
		}
	}
}

// givePorts tells each modem which ports are leased to it, its own first.
func (b *Bridge) givePorts(cfg Config) {
	of := make(map[string][]*port)
	for _, pc := range cfg.Ports {
		if p := b.ports[pc.Spec.Address]; p != nil {
			of[pc.Modem] = append(of[pc.Modem], p.it)
		}
	}
	for name, m := range b.modems {
		ports := of[name]
		slices.SortStableFunc(ports, func(a, b *port) int {
			switch {
			case a.cfg.Own == b.cfg.Own:
				return 0
			case a.cfg.Own:
				return -1
			}
			return 1
		})
		m.it.setPorts(ports)
	}
}

// directory is who may register at an exchange.
func (b *Bridge) directory(key exchangeKey) map[string]relay.Subscriber {
	d := make(map[string]relay.Subscriber)
	for _, m := range b.modems {
		answer := func(s *relay.Session) error {
			s.SetLine(key.line())
			if err := m.it.answer(s, key.cfg.Takeover); err != nil {
				return err
			}
			m.it.account.calledFrom(relay.OriginOf(s.Peer()))
			return nil
		}
		s := relay.Subscriber{Link: m.it.cfg.Link, Observer: m.it.hear, FrameEnd: m.it.cfg.Frame.AnswerEnd, Answer: answer}
		switch {
		case key.modem == m.it.cfg.Name:
			d[""] = s
		case key.modem == "" && m.it.cfg.Exchange == key.cfg.Name:
			d[m.it.cfg.ID] = s
		}
	}
	return d
}

// connectPhones makes the dial-up ports that are new, and tells all of them whom they reach.
func (b *Bridge) connectPhones(ctx context.Context, wg, made *sync.WaitGroup, cfg Config, wanted members, c *changeLog) {
	b.board.book.Store(newNumberBook(b.modems))
	for _, pc := range cfg.Ports {
		name := pc.Spec.Address
		if _, ok := wanted.phones[name]; ok && b.phones[name] == nil {
			made.Add(1)
			p := newPhone(pc, b.board, b.stranger, b.log, made.Done)
			b.phones[name] = start(ctx, wg, p, func(ctx context.Context) { p.run(ctx, b.opt.OpenPort) })
			c.started("port " + pc.Spec.Address)
		}
	}
	groups := make(map[string][]*phone)
	for _, pc := range cfg.Ports {
		if p := b.phones[pc.Spec.Address]; p != nil {
			groups[pc.Name] = append(groups[pc.Name], p.it)
		}
	}
	b.board.groups.Store(&groups)
}

// stranger is the far end of a number that is an address: a modem for one call.
func (b *Bridge) stranger(address string) *modem {
	cfg := ModemConfig{Name: address, Dial: []string{address}, OnOpen: true}
	return newModem(cfg, b.opt.Line(cfg), journal.Together(b.log, "dialled addresses"), &account{})
}

// plugIn starts the plugged-in modems that are new, and counts for each exchange.
func (b *Bridge) plugIn(ctx context.Context, wg *sync.WaitGroup, wanted members, c *changeLog) {
	for name, uc := range wanted.desks {
		if b.desks[name] == nil && b.opt.Telephone != nil {
			d := b.desk(uc)
			b.desks[name] = start(ctx, wg, d, d.run)
			c.started("usb modem " + name)
		}
	}
	for name, key := range wanted.exchanges {
		a := b.attending[name]
		if a == nil {
			a = new(attendance)
			b.attending[name] = a
		}
		a.percent.Store(int64(cmp.Or(key.cfg.Outage, 20)))
	}
}

// giveDesks tells each modem which plugged-in modem reaches it.
func (b *Bridge) giveDesks() {
	for _, m := range b.modems {
		var d *desk
		if mem := b.desks[m.it.cfg.Fallback.USB]; mem != nil && len(m.it.cfg.Numbers) > 0 {
			d = mem.it
		}
		m.it.mu.Lock()
		m.it.desk = d
		m.it.mu.Unlock()
	}
}

// giveExchanges tells each modem where it calls in.
func (b *Bridge) giveExchanges() {
	for name, e := range b.exchanges {
		for _, m := range b.modems {
			if e.it.modem == m.it.cfg.Name || e.it.modem == "" && m.it.cfg.Exchange == name {
				m.it.mu.Lock()
				m.it.inbound = e.it
				m.it.mu.Unlock()
			}
		}
	}
}
