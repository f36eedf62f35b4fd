package bridge

import (
	"context"
	"errors"
	"sync"

	"meterline/bridge/dialup"
	"meterline/bridge/fallback"
	"meterline/bridge/ledger"
	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/vport"
)

// errReconfigured is the cause of a session whose modem was given another configuration.
var errReconfigured = errors.New("the modem's configuration was changed")

// plan is how what runs differs from what a configuration wants.
type plan struct {
	wanted                                    tasks
	ports, dialups, exchanges, sticks, modems difference
}

// plan compares what runs with what cfg wants. It changes nothing. The caller holds mu.
func (b *Bridge) plan(cfg Config) plan {
	w := active(cfg)
	if b.opt.Stick == nil {
		w.usb = nil
	}
	return plan{
		wanted: w, ports: b.ports.diff(w.ports), dialups: b.dialups.diff(w.dialups), exchanges: b.exchanges.diff(w.exchanges),
		sticks: b.usb.diff(w.usb), modems: b.modems.diff(w.modems),
	}
}

// starter has what is needed to start new tasks.
type starter struct {
	wg   *sync.WaitGroup // that waits for their end
	made *sync.WaitGroup // done when each new port and exchange is there, or has failed once
}

// apply makes the tasks follow cfg, in this order. New ones live until run ends. What cfg names unchanged is not touched: a port whose
// modem alone has changed keeps its device, and the program that has it open notices nothing. The caller holds mu.
func (b *Bridge) apply(run context.Context, s starter, cfg Config) status.Changes {
	p := b.plan(cfg)
	b.goOver(&p)
	old := b.modems.stopping(p.modems)
	b.stop(p)
	b.prepare(cfg, p.wanted)
	b.setOutages(p.wanted)
	b.startSticks(run, s, p)
	b.startModems(run, s, p, old)
	b.startPorts(run, s, p)
	b.cfg = cfg
	b.connectModems()
	b.startDialups(run, s, p)
	b.connectDialups()
	b.startExchanges(run, s, p)
	b.connectExchanges()
	return changesOf(p.ports, p.dialups, p.exchanges, p.sticks, p.modems)
}

// goOver has tasks go over to what cuts nobody: who may open a port, and of a modem what does not concern its session.
func (b *Bridge) goOver(p *plan) {
	b.ports.goOver(&p.ports, p.wanted.ports)
	b.dialups.goOver(&p.dialups, p.wanted.dialups)
	b.modems.goOver(&p.modems, p.wanted.modems)
}

// stop ends what is to run no more, or otherwise. A port that goes to another modem is made anew: its program must not talk to another
// meter unawares.
func (b *Bridge) stop(p plan) {
	b.ports.stop(p.ports, nil)
	b.dialups.stop(p.dialups, nil)
	b.exchanges.stop(p.exchanges, nil)
	b.usb.stop(p.sticks, nil)
	b.modems.stop(p.modems, errReconfigured)
}

// prepare readies the kinds of ports for those that are there and to come. A port for which that fails tries for itself, and says
// why it is down.
func (b *Bridge) prepare(cfg Config, wanted tasks) {
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

// startSticks starts the plugged-in modems that are new.
func (b *Bridge) startSticks(run context.Context, s starter, p plan) {
	for _, name := range p.sticks.starting() {
		d := fallback.New(p.wanted.usb[name], b.log, b.ledger, b.opt.Stick)
		b.usb.start(run, s.wg, name, d, d.Run)
	}
}

// startModems starts the modems that are new. One that had another configuration before inherits what is known of its meters.
func (b *Bridge) startModems(run context.Context, s starter, p plan, old map[string]*modem.Modem) {
	for _, name := range p.modems.starting() {
		cfg := p.wanted.modems[name]
		m := b.newModem(cfg, b.log, b.ledger.Of(name, ledger.CostOf(cfg.Link)))
		m.Ringing().Use(b.board.Group)
		m.SetOutage(b.outages[cfg.Exchange])
		if before := old[name]; before != nil {
			m.Inherit(before)
		}
		fallback.NewReach(m)
		b.modems.start(run, s.wg, name, m, m.Run)
	}
}

// startPorts starts the leased ports that are new, and leads the others to their modems.
func (b *Bridge) startPorts(run context.Context, s starter, p plan) {
	for _, address := range p.ports.starting() {
		cfg := p.wanted.ports[address]
		m, _ := b.modems.has(cfg.Modem)
		s.made.Add(1)
		it := port.New(cfg, m, b.log, s.made.Done)
		b.ports.start(run, s.wg, address, it, func(ctx context.Context) { it.Run(ctx, b.opt.OpenPort) })
	}
	for _, it := range b.ports.inOrder() {
		if m, ok := b.modems.has(it.Config().Modem); ok {
			it.Rebind(m)
		}
	}
}

// startDialups starts the dial-up ports that are new.
func (b *Bridge) startDialups(run context.Context, s starter, p plan) {
	for _, address := range p.dialups.starting() {
		s.made.Add(1)
		it := dialup.New(p.wanted.dialups[address], b.board, b.stranger, b.wakeByVoiceCall, b.log, s.made.Done)
		b.dialups.start(run, s.wg, address, it, func(ctx context.Context) { it.Run(ctx, b.opt.OpenPort) })
	}
}

// startExchanges starts the exchanges that are new. They know who may register before they listen.
func (b *Bridge) startExchanges(run context.Context, s starter, p plan) {
	b.unknown.SetDirectory(b.directory())
	b.unknown.SetSecrets(b.secrets())
	subscribers := b.subscribers(p.wanted)
	for _, name := range p.exchanges.starting() {
		key := p.wanted.exchanges[name]
		s.made.Add(1)
		e := newExchange(key.cfg, key.modem, b.log, b.unknown, b.origins, s.made.Done)
		e.relay.Subscribe(subscribers[name])
		b.exchanges.start(run, s.wg, name, e, e.run)
	}
	for name, e := range b.exchanges.all {
		e.it.relay.Subscribe(subscribers[name])
	}
}
