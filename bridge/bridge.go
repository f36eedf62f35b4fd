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
	"meterline/vport"
)

// ledgerEvery is how often the state file is written: a crash loses the counters of that time at most.
const ledgerEvery = time.Minute

// openAtOnce is how many ports are made at the same time.
const openAtOnce = 4

// Options are what a bridge needs in addition to its configuration.
type Options struct {
	Log    *slog.Logger // nil: nothing is logged. Its handler may wait, and may call any method of the bridge
	Ledger string       // path of the state file, empty: nothing is kept
	Ready  func()       // called once, when every port has been made and every exchange listens, or has failed once; may be nil

	// Kinds returns the kinds of ports that this machine has. Its logger never waits. nil: there are none.
	Kinds func(*slog.Logger) vport.Kinds

	// OpenPort and Line replace the machine's ports and the calling of modems in tests; nil means the real ones.
	OpenPort func(vport.Spec, vport.Presence) (vport.Port, error)
	Line     func(modem.Config) relay.Line

	// Stick makes what drives a plugged-in modem; nil: plugged-in modems are not started.
	Stick func(fallback.Config) fallback.Stick
}

// Bridge serves a configuration; see the package comment.
type Bridge struct {
	opt     Options
	log     *slog.Logger // never waits, so that it may be used with locks held
	logging logging
	started time.Time
	ledger  *ledger.Ledger
	unknown *relay.UnknownList
	origins *relay.Origins      // addresses from which modems have called in
	reaches reaches             // the fallback of each modem
	board   *dialup.Switchboard // who answers to which number
	kinds   vport.Kinds         // of this machine's ports
	opening chan struct{}       // has a value for each port that is being made
	ending  <-chan struct{}     // closed when everything that Run has started is to end; nil before Run
	reloads chan reload
	done    chan struct{} // closed when Run returns

	mu  sync.Mutex
	cfg Config
	parts
}

// parts are what runs at present, by name; ports by address.
type parts struct {
	modems    map[string]*member[*modem.Modem]
	ports     map[string]*member[*port.Port]
	dialups   map[string]*member[*dialup.Port]
	usb       map[string]*member[*fallback.Queue]
	exchanges map[string]*member[*exchange]
	outages   map[string]*modem.Outage // by exchange
}

func newParts() parts {
	return parts{
		modems: make(map[string]*member[*modem.Modem]), ports: make(map[string]*member[*port.Port]),
		dialups: make(map[string]*member[*dialup.Port]), usb: make(map[string]*member[*fallback.Queue]),
		exchanges: make(map[string]*member[*exchange]), outages: make(map[string]*modem.Outage),
	}
}

// member is a part that runs as long as the configuration names it.
type member[T any] struct {
	it     T
	cancel context.CancelCauseFunc
	done   chan struct{}
}

type reload struct {
	cfg   Config
	made  *sync.WaitGroup // done when every new port and exchange is up, or has failed once
	reply chan status.Changes
}

// New returns a bridge that Run starts.
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

// openPort makes a port of this machine. Only a few are made at the same time: the kernel makes them one by one anyway, and each
// goroutine that waits in the kernel occupies a thread.
func (b *Bridge) openPort(s vport.Spec, p vport.Presence) (vport.Port, error) {
	select {
	case b.opening <- struct{}{}:
	case <-b.ending:
		return nil, relay.ErrShutdown
	}
	defer func() { <-b.opening }()
	return b.kinds.Open(s, p)
}

// dialLine returns the line that dials a modem's addresses, nil if it has none.
func dialLine(cfg modem.Config) relay.Line {
	if len(cfg.Dial) == 0 {
		return nil
	}
	return &relay.Dial{Addresses: cfg.Dial, Link: cfg.Link, Profile: cfg.Profile, FrameEnd: cfg.Frame.AnswerEnd, Serial: cfg.Serial}
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

// serve is Run without the log.
func (b *Bridge) serve(ctx context.Context) error {
	var err error
	if b.ledger, err = ledger.Open(b.opt.Ledger); err != nil {
		b.log.Warn("counters of earlier days are not known", "err", err)
	}
	b.ledger.RestoreOrigins(b.origins)
	run, cancel := context.WithCancelCause(context.WithoutCancel(ctx)) // the parts end below, with a cause
	b.ending = run.Done()
	var wg sync.WaitGroup
	var made sync.WaitGroup
	wg.Go(func() { b.kinds.Run(run) })
	b.mu.Lock()
	b.started = time.Now()
	b.apply(run, &wg, &made, b.cfg)
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

// attend carries out reloads and saves the ledger until ctx ends. run is the context of the parts.
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
			changes := b.apply(run, wg, r.made, r.cfg)
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

// Reload changes to the configuration cfg. Parts whose configuration has not changed are not touched. It returns when every new port
// has been made and every new exchange listens, or has failed once.
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
