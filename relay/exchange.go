package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"meterline/relay/profile"
)

// Exchange is a listening address where modems call in. Its exported fields are set before Run and not changed.
type Exchange struct {
	Name                string
	Listen              string       // host:port
	Listener            net.Listener // instead of Listen; Run closes it
	Profile             profile.Profile
	Allow               []netip.Prefix  // who may call at all; empty: everybody
	RegistrationTimeout time.Duration   // counted from the connection; 0 means the profile's
	MaxUnregistered     int             // 0 means max(256, 2 × subscribers)
	Log                 *slog.Logger    // nil: nothing is logged
	Unknown             *UnknownList    // shared by all exchanges; nil: nobody is remembered
	Origins             *Origins        // from where modems have registered, shared by all exchanges; nil: a list of its own
	Listening           func()          // called by Run once callers can connect; may be nil
	Overhear            func(Overheard) // gets what passes until a caller has registered; must not block; may be nil

	gate    gate
	guesses guesses
	dir     atomic.Pointer[directory]
	logs    logLimiter

	mu      sync.Mutex
	addr    net.Addr
	counts  map[string]int64
	waiting map[*pass]*registrar // unregistered
}

// Run listens until ctx ends, and returns when all its goroutines have ended. Sessions that were handed over live on. It is an
// error if the address cannot be listened at; Run may then be called again. The end of ctx is no error.
func (e *Exchange) Run(ctx context.Context) error {
	if err := e.Profile.Validate(); err != nil {
		return err
	}
	ln, err := e.listen(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("listening for modems at %s: %w", e.Listen, err)
	}
	e.gate.useOrigins(e.Origins)
	e.setAddr(ln.Addr())
	defer e.setAddr(nil)
	if e.Listening != nil {
		e.Listening()
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { e.interrupt(ctx, ln) })
	err = e.accept(ctx, ln, &running)
	cancel()
	running.Wait()
	return err
}

func (e *Exchange) listen(ctx context.Context) (net.Listener, error) {
	if e.Listener != nil {
		return e.Listener, nil
	}
	lc := net.ListenConfig{KeepAlive: -1} // the modem's link sets keepalives; SO_REUSEADDR is set by package net
	return lc.Listen(ctx, "tcp", e.Listen)
}

// interrupt waits for ctx to end. Then it stops listening, and ends every wait for a registration.
func (e *Exchange) interrupt(ctx context.Context, ln net.Listener) {
	<-ctx.Done()
	_ = ln.Close() // ends Accept, whatever it returns
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.waiting {
		r.giveUp(refusedShutdown)
	}
}

// accept accepts callers, each on a goroutine of its own. It waits out faults that pass, such as too many open files.
func (e *Exchange) accept(ctx context.Context, ln net.Listener, running *sync.WaitGroup) error {
	const shortest, longest = 5 * time.Millisecond, time.Second
	pause := shortest
	for {
		conn, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				reset(conn)
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accepting modems at %s: %w", e.Listen, err)
		case err != nil:
			e.count("accept error")
			e.logFault(ctx, slog.LevelWarn, "accept error", 1, "no modem can call in for the moment", "err", err)
			e.pause(ctx, pause/2+rand.N(pause))
			pause = min(2*pause, longest)
			continue
		}
		pause = shortest
		if r, ok := e.admit(ctx, conn); ok {
			running.Go(func() { r.serve(ctx) })
		}
	}
}

// pause waits for d, or until ctx ends.
func (e *Exchange) pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// admit asks the gate. A refused connection is reset at once.
func (e *Exchange) admit(ctx context.Context, conn net.Conn) (*registrar, bool) {
	e.count("connections")
	r := &registrar{exchange: e, conn: conn, addr: remote(conn)}
	p, loser, refused := e.gate.admit(r.addr, e.rules(), time.Now())
	e.dismiss(loser)
	if r.pass = p; refused == "" && descriptorsShort(conn) {
		e.gate.leave(p, false, e.rules(), time.Now())
		refused = refusedDescriptors
	}
	if refused != "" {
		reset(conn)
		r.refuse(ctx, "", refused)
		return nil, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.waiting == nil {
		e.waiting = map[*pass]*registrar{}
	}
	e.waiting[p] = r
	return r, true
}

// dismiss refuses a connection that has lost its place to another. If it has registered just now it is let through.
func (e *Exchange) dismiss(p *pass) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.waiting[p]; r != nil {
		r.giveUp(refusedCap)
	}
}

// leave is called when a connection is no longer unregistered.
func (e *Exchange) leave(r *registrar, registered bool) {
	e.gate.leave(r.pass, registered, e.rules(), time.Now())
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.waiting, r.pass)
}

func (e *Exchange) rules() gateRules {
	n := len(e.dir.Load().ids())
	return gateRules{allow: e.Allow, subscribers: n, unregistered: cmp.Or(e.MaxUnregistered, max(minUnregistered, 2*n))}
}

// Subscribe replaces the directory, which leads from identities to modems. Under profile address the identity is the source
// address as netip.Addr.String writes it; it is "" where there is no registration. Subscribe may be called at any time;
// sessions that were handed over are not affected.
func (e *Exchange) Subscribe(subscribers map[string]Subscriber) {
	next := newDirectory(&e.Profile, subscribers)
	if e.dir.Swap(next).provesOtherwise(next) {
		e.guesses.forget()
	}
}

// Addr returns the address it listens at, nil while it does not listen.
func (e *Exchange) Addr() net.Addr {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.addr
}

func (e *Exchange) setAddr(addr net.Addr) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.addr = addr
}

// Counts returns how many callers came and what became of them: "connections" is all of them, "registered" those that became
// sessions, and each other key is the reason of a refusal.
func (e *Exchange) Counts() map[string]int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.counts)
}

func (e *Exchange) count(reason string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.counts == nil {
		e.counts = map[string]int64{}
	}
	e.counts[reason]++
}

// remote returns a connection's far address, the zero address if it has none.
func remote(conn net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// quietPeriod is how long a fault must stay away to be logged again from the first time on.
const quietPeriod = time.Hour

// logLimiter limits how often repeated faults are logged: of each kind the first few, then the second, fourth, eighth and so
// on. The zero value is ready.
type logLimiter struct {
	mu    sync.Mutex
	kinds map[string]*repeats // there are few kinds: all of them are written in this package
}

type repeats struct {
	count int64
	last  time.Time
}

// pass counts a fault and reports whether to log it. The first few faults of a kind are always logged.
func (t *logLimiter) pass(kind string, few int64, now time.Time) (count int64, say bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kinds == nil {
		t.kinds = map[string]*repeats{}
	}
	r := t.kinds[kind]
	if r == nil || now.Sub(r.last) > quietPeriod {
		r = &repeats{}
		t.kinds[kind] = r
	}
	r.count++
	r.last = now
	return r.count, r.count <= few || powerOfTwo(r.count)
}

// powerOfTwo reports whether n is a power of two.
func powerOfTwo(n int64) bool { return n&(n-1) == 0 }

// logFault logs a fault, unless the logLimiter says that faults of its kind are too frequent.
func (e *Exchange) logFault(ctx context.Context, level slog.Level, kind string, few int64, msg string, args ...any) {
	n, say := e.logs.pass(kind, few, time.Now())
	if say && e.Log != nil {
		e.Log.Log(ctx, level, msg, append(args, "of_this_kind", n)...)
	}
}
