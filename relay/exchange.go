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
	Listen              string // host:port
	Profile             profile.Profile
	Allow               []netip.Prefix // who may call at all; empty: everybody
	RegistrationTimeout time.Duration  // absolute, 0 means the profile's
	MaxUnregistered     int            // 0 means max(256, 2 × subscribers)
	Log                 *slog.Logger   // nil: nothing is logged
	Unknown             *UnknownList   // shared by all exchanges, nil: nobody is remembered
	Origins             *Origins       // from where modems have registered, shared by all exchanges; nil: its own
	Listening           func()         // called by Run once callers can connect; nil: nobody waits for that

	gate gate
	dir  atomic.Pointer[directory]
	logs logLimiter

	mu      sync.Mutex
	addr    net.Addr
	counts  map[string]int64
	waiting map[*pass]*registrar // unregistered
}

// Run listens until ctx ends, and returns when all its goroutines have; sessions handed over live on. An address that
// cannot be listened at is an error, after which Run may be called again; the end of ctx is none.
func (e *Exchange) Run(ctx context.Context) error {
	if err := e.Profile.Validate(); err != nil {
		return err
	}
	lc := net.ListenConfig{KeepAlive: -1} // the modem's link sets them; SO_REUSEADDR is set by package net
	ln, err := lc.Listen(ctx, "tcp", e.Listen)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("listening for modems at %s: %w", e.Listen, err)
	}
	e.gate.trust(e.Origins)
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

// interrupt waits for ctx, closes the door and wakes everybody who waits for a registration.
func (e *Exchange) interrupt(ctx context.Context, ln net.Listener) {
	<-ctx.Done()
	_ = ln.Close() // it ends Accept, whatever it answers
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.waiting {
		r.giveUp(refusedShutdown)
	}
}

// accept lets callers in, each on a goroutine of its own. Faults that pass, such as too many open files, are waited out.
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

// rest waits for d, or until ctx ends.
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

// dismiss refuses a connection whose place another one has. One that has registered at this moment is let through.
func (e *Exchange) dismiss(p *pass) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.waiting[p]; r != nil {
		r.giveUp(refusedCap)
	}
}

// leave ends a connection's time as an unregistered one.
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

// Subscribe replaces the directory: identity (or, under profile address, the source address as netip.Addr.String writes
// it; "" where there is no registration) to modem. It may be called at any time; sessions handed over are not touched.
func (e *Exchange) Subscribe(subscribers map[string]Subscriber) {
	e.dir.Store(newDirectory(&e.Profile, subscribers))
}

// Addr is the address it listens at, nil while it does not.
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

// Counts of what the gate let through and refused, by reason: "connections" are all that came, "registered" those that
// became sessions, the others were refused for what they are called.
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

// remote is the far address of a connection, the zero address where it has none.
func remote(conn net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// quietPeriod is how long a fault must stay away to be news again.
const quietPeriod = time.Hour

// logLimiter lets repeated faults through at a falling rate: the first few of a kind, then the second, fourth, eighth. The
// zero value is ready.
type logLimiter struct {
	mu    sync.Mutex
	kinds map[string]*repeats // the kinds are few: all of them are written in this package
}

type repeats struct {
	count int64
	last  time.Time
}

// pass counts a fault and reports whether to speak of it; the first few of its kind always.
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

// powerOfTwo reports whether a fault seen n times is to be spoken of again.
func powerOfTwo(n int64) bool { return n&(n-1) == 0 }

// say logs what was wrong, at a falling rate for each kind of fault.
func (e *Exchange) logFault(ctx context.Context, level slog.Level, kind string, few int64, msg string, args ...any) {
	n, say := e.logs.pass(kind, few, time.Now())
	if say && e.Log != nil {
		e.Log.Log(ctx, level, msg, append(args, "of_this_kind", n)...)
	}
}
