// Package bridge joins the parts: remote modems (modem), the local ports that are leased to them (port) or dial them (dialup), the
// plugged-in modems that reach them by telephone (fallback), the exchanges where they call in, and what outlives a restart (ledger). It
// makes what a configuration names and ends what it names no more. It moves no bytes itself, and parses none.
//
// The way of a byte from a program to its meter; modem tells more:
//
//  1. A program writes to a port. The port's goroutine is in port.Port.read, and port.Port.take gets the bytes.
//  2. modem.Access.Send is the port's way to its modem. The modem has one lease, and the port gets it with the first byte.
//  3. frame.Line.FromProgram, where a protocol is set, decides what leaves now and what waits to be whole.
//  4. relay.Session.TryWrite packs the bytes as the modem's family wants them, and gives them to the system.
//
// The way back:
//
//  1. The modem's goroutine is in relay.Session.Receive, which takes the family's packing and heartbeats off.
//  2. frame.Line.FromModem decides what is handed over, and drops what answers an earlier request.
//  3. port.Port.Deliver writes to the program, and waits while that does not read.
//
// The way of a call-in:
//
//  1. relay.Exchange.Run accepts a connection, and a registrar reads who calls.
//  2. The exchange looks the identity up among those that Bridge.subscribers has gathered.
//  3. modem.Modem.Answer takes the session, or refuses it, or lets it displace the present one.
//  4. modem.Modem.Run, which has waited for it, reads the session until it ends.
//
// The way of a reload:
//
//  1. Bridge.Reload hands the new configuration to the goroutine of Bridge.Run.
//  2. Bridge.plan compares each group of tasks with what is wanted, by group.diff. Nothing is changed yet.
//  3. Bridge.goOver has tasks change what cuts nobody while they run.
//  4. Bridge.stop ends what is gone or changed, each with its cause.
//  5. Bridge.startModems, Bridge.startPorts, Bridge.startDialups and Bridge.startExchanges make what is new.
//  6. Bridge.connectModems, Bridge.connectDialups and Bridge.connectExchanges tell the parts of each other.
package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"meterline/bridge/dialup"
	"meterline/bridge/fallback"
	"meterline/bridge/ledger"
	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/relay"
	"meterline/relay/codec"
	"meterline/vport"
)

// ledgerEvery is how often the state file is written. A crash loses at most that much of the counters.
const ledgerEvery = time.Minute

// openAtOnce is how many ports are made at a time.
const openAtOnce = 4

// Options are what a bridge needs in addition to its configuration.
type Options struct {
	Log    *slog.Logger // nil: nothing is logged; its handler may wait, and may ask the bridge for anything
	Ledger string       // path of the state file, empty: nothing is kept
	Ready  func()       // called once, when every port has been made and every exchange listens, or has failed once; may be nil

	// Kinds makes the kinds of ports that can be had, with a log that does not make its caller wait; nil: there are none.
	Kinds func(*slog.Logger) vport.Kinds

	// OpenPort and Line stand in for the machine's ports and for calling modems, in tests; nil means the real ones.
	OpenPort func(vport.Spec, vport.Presence) (vport.Port, error)
	Line     func(modem.Config, codec.FrameEnd) relay.Line

	// Stick makes a modem plugged into this machine; nil: there is none to be had.
	Stick func(fallback.Config) fallback.Stick
}

// Bridge serves a configuration.
type Bridge struct {
	opt     Options
	log     *slog.Logger // never makes its caller wait
	logging logging
	started time.Time
	ledger  *ledger.Ledger
	unknown *relay.UnknownList
	origins *relay.Origins      // from where modems have called in
	board   *dialup.Switchboard // whom dial-up ports reach
	kinds   vport.Kinds         // of the machine's ports
	opening chan struct{}       // one element for each port that is being made
	ending  <-chan struct{}     // closed when all that Run has started is to end; nil before Run
	reloads chan reload
	done    chan struct{} // closed when Run returns

	mu  sync.Mutex
	cfg Config
	parts
}

// parts are what runs at present, by name; ports by address.
type parts struct {
	modems    group[*modem.Modem, modem.Config]
	ports     group[*port.Port, port.Config]
	dialups   group[*dialup.Port, dialup.Config]
	usb       group[*fallback.Queue, fallback.Config]
	exchanges group[*exchange, exchangeKey]
	outages   map[string]*modem.Outage // by exchange
}

func newParts() parts {
	return parts{
		modems:    newGroup("modem", (*modem.Modem).Config, (*modem.Modem).Adopt),
		ports:     newGroup("port", (*port.Port).Config, (*port.Port).Permit),
		dialups:   newGroup("port", (*dialup.Port).Config, (*dialup.Port).Permit),
		usb:       newGroup("usb modem", (*fallback.Queue).Config, nil),
		exchanges: newGroup("exchange", (*exchange).key, nil),
		outages:   make(map[string]*modem.Outage),
	}
}

type reload struct {
	cfg   Config
	made  *sync.WaitGroup // done when every new port and exchange is there or has failed once
	reply chan status.Changes
}

// New makes a bridge; Run starts it.
func New(cfg Config, opt Options) *Bridge {
	b := &Bridge{
		opt: opt, cfg: cfg, unknown: new(relay.UnknownList), origins: new(relay.Origins),
		opening: make(chan struct{}, openAtOnce), reloads: make(chan reload), done: make(chan struct{}),
		board: new(dialup.Switchboard), parts: newParts(),
	}
	b.log = b.logging.open(opt.Log)
	if opt.OpenPort == nil {
		if opt.Kinds != nil {
			b.kinds = opt.Kinds(b.log)
		}
		b.opt.OpenPort = b.openPort
	}
	if opt.Line == nil {
		b.opt.Line = dialLine
	}
	return b
}

// openPort makes a port of this machine. Only a few are made at a time: the kernel makes them one by one anyway, and every call that
// waits there occupies a thread.
func (b *Bridge) openPort(s vport.Spec, p vport.Presence) (vport.Port, error) {
	select {
	case b.opening <- struct{}{}:
	case <-b.ending:
		return nil, relay.ErrShutdown
	}
	defer func() { <-b.opening }()
	return b.kinds.Open(s, p)
}

// dialLine is the line to a modem's addresses, nil if it has none.
func dialLine(cfg modem.Config, ends codec.FrameEnd) relay.Line {
	if len(cfg.Dial) == 0 {
		return nil
	}
	if !cfg.Frame.Bounded() {
		ends = nil
	}
	p := cfg.Profile
	p.HeartbeatAnywhere = p.HeartbeatAnywhere || cfg.HeartbeatAnywhere
	d := &relay.Dial{Addresses: cfg.Dial, Link: cfg.Link, Profile: p, FrameEnd: ends, Serial: cfg.Serial}
	d.SetCredentials(cfg.Credentials)
	return d
}

// Run serves until ctx ends; it returns when everything has stopped.
func (b *Bridge) Run(ctx context.Context) error {
	defer close(b.done)
	var log sync.WaitGroup
	b.logging.run(ctx, &log)
	err := b.serve(ctx)
	if b.logging.close() {
		log.Wait()
	}
	return err
}

// serve is Run without the handling of the log.
func (b *Bridge) serve(ctx context.Context) error {
	var err error
	if b.ledger, err = ledger.Open(b.opt.Ledger); err != nil {
		b.log.Warn("counters of earlier days are not known", "err", err)
	}
	b.ledger.RestoreOrigins(b.origins)
	run, cancel := context.WithCancelCause(context.WithoutCancel(ctx)) // tasks end in order, below
	b.ending = run.Done()
	var wg sync.WaitGroup
	var made sync.WaitGroup
	wg.Go(func() { b.kinds.Run(run) })
	b.mu.Lock()
	b.started = time.Now()
	b.apply(run, starter{&wg, &made}, b.cfg)
	b.mu.Unlock()
	if b.opt.Ready != nil {
		wg.Go(func() {
			made.Wait()
			b.opt.Ready()
		})
	}
	b.attend(ctx, run, &wg)
	cancel(relay.ErrShutdown)
	wg.Wait()
	return b.ledger.Save()
}

// attend carries out reloads and keeps the ledger until ctx ends.
func (b *Bridge) attend(ctx, run context.Context, wg *sync.WaitGroup) {
	tick := time.NewTicker(ledgerEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.saveLedger()
		case <-b.ledger.Soon():
			b.saveLedger()
		case r := <-b.reloads:
			b.mu.Lock()
			changes := b.apply(run, starter{wg, r.made}, r.cfg)
			b.mu.Unlock()
			r.reply <- changes
		}
	}
}

func (b *Bridge) saveLedger() {
	if err := b.ledger.Save(); err != nil {
		b.log.Warn("counters not saved", "err", err)
	}
}

// Reload applies cfg. What did not change is not touched. It returns when every new port and exchange is there or has failed once.
func (b *Bridge) Reload(cfg Config) (status.Changes, error) {
	r := reload{cfg: cfg, made: new(sync.WaitGroup), reply: make(chan status.Changes, 1)}
	select {
	case b.reloads <- r:
		changes := <-r.reply
		r.made.Wait()
		return changes, nil
	case <-b.done:
		return status.Changes{}, fmt.Errorf("reload: %w", relay.ErrShutdown)
	}
}
