package bridge

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"meterline/bridge/frame"
	"meterline/bridge/ledger"
	"meterline/bridge/status"
	"meterline/relay"
	"meterline/vport"
)

// modemState is where a modem stands in its life:
//
//	     session arrives (it calls in, or its call is answered)
//	  ┌────────────────────────────────────────────┐
//	  │                                            ▼
//	away ──── wanted, and it has a line ───► calling ──► up ──► ending
//	  ▲ ▲                                       │                 │
//	  │ └──────────── call failed ──────────────┘                 │
//	  └───────────────────────────────────────────────────────────┘
//
// A session that displaces another goes through ending to up at once. Only enter changes the state.
type modemState string

const (
	away    modemState = "away"    // no session
	calling modemState = "calling" // a line of ours is calling it
	up      modemState = "up"      // a session is there
	ending  modemState = "ending"  // the session has ended, what it brought is being handed over
)

// modem is one remote modem: it gets sessions, serves them one after the other, and lends the present one to one holder at
// a time. Its own goroutine, run, is also the pump from the modem to the program.
type modem struct {
	cfg     ModemConfig
	line    relay.Line // how we call it, nil if only it calls
	log     *slog.Logger
	account *ledger.Account
	retry   *backoff.ExponentialBackOff

	born time.Time

	ended chan struct{}  // closed when no more sessions are taken
	poke  chan struct{}  // capacity 1: something changed that away should look at
	wg    sync.WaitGroup // outlets that drain

	guarded   bool        // answers are matched with requests
	decided   uint64      // what frames had seen of the program when what is being handed over was decided; run's alone
	isFresh   func() bool // fresh and gotIt, made once
	isWritten func()
	stalled   atomic.Int32 // programs' goroutines that wait for room toward the session

	mu         sync.Mutex
	state      modemState
	since      time.Time
	ports      []*Access      // leased to it, its own first
	fallback   fallbackWay    // how it is reached when its own lines do not help, nil: it is not
	returns    int            // how often a session came while there was none
	attendance *attendance    // of its exchange, nil: it has none
	asked      time.Time      // when somebody wanted a session last
	absent     time.Time      // since when it has had no session; zero while it has one
	ringers    Ringers        // who may ring, nil: nobody
	inbound    Inbound        // where it calls in, nil: nowhere
	inboundOwn bool           // that is its own address
	unrung     bool           // the present session is to ring, and has not
	ringing    Ringer         // where the present session rings, nil: nowhere
	holder     *Access        // who has the lease, nil: nobody
	asker      *Access        // who had the lease last
	handing    *Access        // whom the modem's goroutine is handing bytes, nil: nobody
	hurried    []*Access      // whose handing over has a limit until the session's end is dealt with
	evicted    *Access        // the same, because the lease has been taken from it, until it has been handed what there was
	moved      time.Time      // when the holder last sent or got a byte
	session    *relay.Session // present one: what is written goes there
	serving    *relay.Session // the one whose bytes run reads; another one than session for a moment at a displacement
	closed     error          // no more sessions are taken, and why
	kicked     error          // the present session is to end when all is sent, and why
	cancelCall context.CancelCauseFunc
	nextCall   time.Time
	waiters    int            // probes that want a session
	out        *outlet        // toward the present session
	frames     *frame.Line    // what stands between the session and its client, nil: nothing
	due        time.Time      // when frames want to be looked at, as the session's reader knows
	linger     *time.Timer    // ends the session when no program wants it any more
	dialled    bool           // the present session is one that we called
	lineSet    vport.Settings // how the present session's far port was last asked to be set
	taps       []*tap
	displaced  int64
	displaceAt []time.Time // the latest displacements, for contested
	got, sent  int64       // bytes of the present session
	dropped    status.Drops
	lineEnded  map[string]time.Time // by line: when the last session ended that it had brought
	failing    string               // what calls fail with at present: logged once
	lastErr    error
	lastErrAt  time.Time
}

func newModem(cfg ModemConfig, line relay.Line, log *slog.Logger, acc *ledger.Account) *modem {
	cfg = cfg.withDefaults()
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = cfg.RetryMin, cfg.RetryMax
	m := &modem{
		cfg: cfg, line: line, frames: newFrames(cfg.Frame), log: log.With("modem", cfg.Name), account: acc, retry: retry,
		guarded: cfg.Frame.Guarded(), poke: make(chan struct{}, 1), ended: make(chan struct{}), state: away, since: time.Now(), absent: time.Now(),
		born: time.Now(), lineEnded: make(map[string]time.Time),
	}
	m.isFresh, m.isWritten = m.fresh, m.gotIt
	return m
}

// Name is how operators know the modem.
func (m *modem) Name() string { return m.cfg.Name }

// ID is the modem's identity where it calls in.
func (m *modem) ID() string { return m.cfg.ID }

// Config is the modem's present configuration.
func (m *modem) Config() ModemConfig {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cfg
}

// Fact is what the modem told of itself last under that name, empty if it told nothing.
func (m *modem) Fact(name string) string { return m.account.Fact(name) }

// CalledFrom notes from where the modem has called in.
func (m *modem) CalledFrom(origin netip.Prefix) { m.account.CalledFrom(origin) }

// Log is the modem's log.
func (m *modem) Log() *slog.Logger { return m.log }

// enter is the one place where the state changes.
func (m *modem) enter(s modemState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == s {
		return
	}
	m.state, m.since = s, time.Now()
	m.settlePorts()
}

// pokeLife wakes the modem's life in away.
func (m *modem) pokeLife() {
	select {
	case m.poke <- struct{}{}:
	default: // it has been woken already
	}
}

// settlePorts lets the ports look at their state anew. The mutex is held.
func (m *modem) settlePorts() {
	for _, p := range m.ports {
		m.changed(p)
	}
	if m.holder != nil && !slices.Contains(m.ports, m.holder) {
		m.changed(m.holder)
	}
	if m.session == nil {
		m.ringIsOver(nil)
	}
}

// stage is one state's part of the life: it stays as long as the state lasts, and answers with the next.
type stage func(context.Context) stage

// run lives the modem's life until ctx ends; the session then ends with ctx's cause.
func (m *modem) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { m.shut(context.Cause(ctx)) })
	defer stop()
	m.attendance.comes()
	defer m.leaves()
	for next := stage(m.away); next != nil; {
		next = next(ctx)
	}
	m.shut(context.Cause(ctx))
	m.wg.Wait()
}

// shut takes no more sessions and ends the present one.
func (m *modem) shut(cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed != nil {
		return
	}
	m.closed = cause
	close(m.ended)
	if m.linger != nil {
		m.linger.Stop()
	}
	if m.session != nil {
		m.session.End(cause)
	}
	m.hurry(time.Now())
	if m.out != nil {
		m.out.signal()
	}
	m.pokeLife()
}

// away waits for a session to arrive, or for the moment to call.
func (m *modem) away(ctx context.Context) stage {
	m.enter(away)
	for {
		o := m.outlook()
		switch {
		case o.session:
			return m.up
		case ctx.Err() != nil:
			return nil
		case o.call && o.callIn <= 0:
			return m.calling
		case o.fallback && o.fallbackIn <= 0:
			return m.fallingBack
		}
		m.wait(ctx, o)
	}
}

// wait waits for a poke, for the context's end, and for what is due next.
func (m *modem) wait(ctx context.Context, o outlook) {
	var timeout <-chan time.Time
	if due, any := o.next(); any {
		t := time.NewTimer(due)
		defer t.Stop()
		timeout = t.C
	}
	select {
	case <-m.poke:
	case <-ctx.Done():
	case <-timeout:
	}
}

// outlook is whether a session is there, and in how long what is wanted.
type outlook struct {
	session    bool
	call       bool // over the modem's line
	callIn     time.Duration
	fallback   bool // by telephone
	fallbackIn time.Duration
}

func (o outlook) next() (due time.Duration, any bool) {
	switch {
	case o.call && o.fallback:
		return min(o.callIn, o.fallbackIn), true
	case o.fallback:
		return o.fallbackIn, true
	}
	return o.callIn, o.call
}

func (m *modem) outlook() outlook {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	o := outlook{session: m.session != nil, call: m.line != nil && m.closed == nil && m.wanted(), callIn: m.nextCall.Sub(now)}
	o.fallbackIn, o.fallback = m.fallbackDue(now)
	return o
}

// hear is told what the modem says, from its own goroutine or the exchange's.
func (m *modem) hear(facts []relay.Fact, events []relay.Event) {
	m.account.Hear(time.Now(), facts, events)
	for _, e := range events {
		m.log.Info("reported", "kind", e.Kind, "what", e.Text)
	}
}

// live lets a modem that is there for one call live until stop.
func (m *modem) live(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { m.run(ctx) })
	return func() {
		cancel(relay.ErrLinger)
		wg.Wait()
	}
}
