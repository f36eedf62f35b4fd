// Package modem is one remote modem: it gets sessions, serves them one after the other, lends the present one to one client at a time,
// and moves the bytes between the two. It is neither a port nor a telephone: those stand behind Client, Ringer and Fallback. How a
// session begins on the wire is relay's, and what the bytes mean is frame's.
package modem

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
	"meterline/relay/profile"
	"meterline/vport"
)

// State is where a modem stands in its life:
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
type State string

// The states.
const (
	Away    State = "away"    // no session
	Calling State = "calling" // a line of ours is calling it
	Up      State = "up"      // a session is there
	Ending  State = "ending"  // the session has ended, what it brought is being handed over
)

// Modem is one remote modem: it gets sessions, serves them one after the other, and lends the present one to one client at
// a time. Its own goroutine, run, is also the pump from the modem to the program.
type Modem struct {
	cfg     Config
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
	state      State
	since      time.Time
	ports      []*Access      // leased to it, its own first
	fallback   Fallback       // how it is reached when its own lines do not help, nil: it is not
	returns    int            // how often a session came while there was none
	outage     *Outage        // of its exchange, nil: it has none
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

// New makes a modem that is called by line, which may be nil, and counted by acc. Run starts it.
func New(cfg Config, line relay.Line, log *slog.Logger, acc *ledger.Account) *Modem {
	cfg = cfg.WithDefaults()
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = cfg.RetryMin, cfg.RetryMax
	m := &Modem{
		cfg: cfg, line: line, frames: newFrames(cfg.Frame), log: log.With("modem", cfg.Name), account: acc, retry: retry,
		guarded: cfg.Frame.Guarded(), poke: make(chan struct{}, 1), ended: make(chan struct{}), state: Away, since: time.Now(), absent: time.Now(),
		born: time.Now(), lineEnded: make(map[string]time.Time),
	}
	m.isFresh, m.isWritten = m.fresh, m.gotIt
	return m
}

// Name is how operators know the modem.
func (m *Modem) Name() string { return m.cfg.Name }

// ID is the modem's identity where it calls in.
func (m *Modem) ID() string { return m.cfg.ID }

// Config is the modem's present configuration.
func (m *Modem) Config() Config {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cfg
}

// Fact is what the modem told of itself last under that name, empty if it told nothing.
func (m *Modem) Fact(name string) string { return m.account.Fact(name) }

// CalledFrom notes from where the modem has called in.
func (m *Modem) CalledFrom(origin netip.Prefix) { m.account.CalledFrom(origin) }

// Log is the modem's log.
func (m *Modem) Log() *slog.Logger { return m.log }

// enter is the one place where the state changes.
func (m *Modem) enter(s State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == s {
		return
	}
	m.state, m.since = s, time.Now()
	m.settlePorts()
}

// pokeLife wakes the modem's life in away.
func (m *Modem) pokeLife() {
	select {
	case m.poke <- struct{}{}:
	default: // it has been woken already
	}
}

// settlePorts lets the ports look at their state anew. The caller holds mu.
func (m *Modem) settlePorts() {
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

// Run lives the modem's life until ctx ends; the session then ends with ctx's cause.
func (m *Modem) Run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { m.shut(context.Cause(ctx)) })
	defer stop()
	m.outage.Comes()
	defer m.leaves()
	for next := stage(m.away); next != nil; {
		next = next(ctx)
	}
	m.shut(context.Cause(ctx))
	m.wg.Wait()
}

// shut takes no more sessions and ends the present one.
func (m *Modem) shut(cause error) {
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
func (m *Modem) away(ctx context.Context) stage {
	m.enter(Away)
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
func (m *Modem) wait(ctx context.Context, o outlook) {
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

func (m *Modem) outlook() outlook {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	o := outlook{session: m.session != nil, call: m.line != nil && m.closed == nil && m.wanted(), callIn: m.nextCall.Sub(now)}
	o.fallbackIn, o.fallback = m.fallbackDue(now)
	return o
}

// Hear is told what the modem says, from its own goroutine or the exchange's.
func (m *Modem) Hear(facts []profile.Fact, events []profile.Event) {
	m.account.Hear(time.Now(), facts, events)
	for _, e := range events {
		m.log.Info("reported", "kind", e.Kind, "what", e.Text)
	}
}

// Live lets a modem that is there for one call live until stop.
func (m *Modem) Live(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { m.Run(ctx) })
	return func() {
		cancel(relay.ErrLinger)
		wg.Wait()
	}
}

// Done is closed when no more sessions are taken.
func (m *Modem) Done() <-chan struct{} { return m.ended }

// HasSession reports whether there is a session.
func (m *Modem) HasSession() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.session != nil
}

// Lives ends ctx with the modem, too: one that a reload has changed opens its session for another.
func (m *Modem) Lives(ctx context.Context) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-m.ended:
			m.mu.Lock()
			cause := m.closed
			m.mu.Unlock()
			cancel(cause)
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		cancel(nil)
		watch.Wait()
	}
}
