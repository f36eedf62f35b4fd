package bridge

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"meterline/vport"
)

// portState is where a port stands in its life. It follows from what is known of the port and of its modem, so that it
// cannot contradict them; settle is the one place where it is looked at:
//
//	down ──► idle ──► waiting ──► joined ──► clearing ──► idle
//	  ▲        │                     ▲            (or waiting, when the session ends and the program stays)
//	  └─ any   └─────────────────────┘
type portState string

const (
	portDown     portState = "down"     // it could not be made; tried again
	portIdle     portState = "idle"     // nobody uses it, or has it open without having written
	portWaiting  portState = "waiting"  // its program wants a session
	portJoined   portState = "joined"   // its program and the modem's session are one line
	portClearing portState = "clearing" // its program has left; the tail is being sent
)

// port is one local port and the modem it is leased to. Its own goroutine, run, is also the pump from the program to the
// modem.
type port struct {
	cfg   PortConfig
	log   *slog.Logger
	modem atomic.Pointer[modem] // a reload may put another in its place
	made  func()                // told once, when the port has been made or has failed for the first time
	retry *backoff.ExponentialBackOff

	mu        sync.Mutex // may be taken while the modem's is held, never the other way round
	device    vport.Port // nil while the port is down
	open      bool
	openSince time.Time
	opens     int64
	state     portState
	since     time.Time
	from, to  int64
	dropped   drops
	lastErr   error
	lastErrAt time.Time

	window window // single bytes being put together; run's alone

	// Guarded by the modem's mutex.
	kept     burst
	clearing bool
	tail     *time.Timer // ends clearing
	wake     *time.Timer // ends openSettle
}

func newPort(cfg PortConfig, m *modem, log *slog.Logger, made func()) *port {
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = time.Second, time.Minute
	p := &port{
		cfg: cfg, log: log.With("port", cfg.Spec.Address), made: sync.OnceFunc(made), retry: retry,
		state: portDown, since: time.Now(),
	}
	p.modem.Store(m)
	return p
}

// opener makes a port's device.
type opener func(vport.Spec, vport.Presence) (vport.Port, error)

// run makes the port and serves it until ctx ends, making it anew when that fails.
func (p *port) run(ctx context.Context, open opener) {
	defer p.made()
	for ctx.Err() == nil {
		d, err := open(p.cfg.Spec, p.presence)
		if err == nil {
			p.retry.Reset()
			err = p.serve(ctx, d)
		}
		if ctx.Err() != nil {
			return
		}
		pause := p.retry.NextBackOff()
		p.log.Log(ctx, p.failed(err), "port down", "err", err, "again_in", pause.Round(time.Millisecond))
		p.made()
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// serve reads the port until ctx ends or the port does.
func (p *port) serve(ctx context.Context, d vport.Port) error {
	stop := context.AfterFunc(ctx, func() { _ = d.Close() }) // closed again below, where the error counts
	defer stop()
	p.setDevice(d)
	p.made()
	err := p.read(d)
	p.setDevice(nil)
	if cerr := d.Close(); cerr != nil && !errors.Is(cerr, net.ErrClosed) && !errors.Is(cerr, os.ErrClosed) {
		p.log.Warn("port closed", "err", cerr)
	}
	p.presence(false)
	return err
}

func (p *port) setDevice(d vport.Port) {
	p.mu.Lock()
	p.device = d
	p.mu.Unlock()
	p.settleNow()
}

// failed notes why the port is down, and says how loudly to tell: the same again is only for those who look for it.
func (p *port) failed(err error) slog.Level {
	p.mu.Lock()
	defer p.mu.Unlock()
	level := slog.LevelWarn
	if p.lastErr != nil && p.lastErr.Error() == err.Error() {
		level = slog.LevelDebug
	}
	p.lastErr, p.lastErrAt = err, time.Now()
	return level
}

// presence is told of a program's coming and going, in the order in which its bytes came.
func (p *port) presence(open bool) {
	if !open {
		p.flush(&p.window)
	}
	p.mu.Lock()
	if p.open == open {
		p.mu.Unlock()
		return
	}
	p.open = open
	if open {
		p.openSince = time.Now()
		p.opens++
	}
	p.mu.Unlock()
	m := p.modem.Load()
	if open {
		m.opened(p)
	} else {
		m.left(p)
	}
}

func (p *port) isOpen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// present asks the device itself, which knows before presence is told.
func (p *port) present() bool {
	p.mu.Lock()
	d := p.device
	p.mu.Unlock()
	return d != nil && d.Present()
}

// wantsSession tells whether the port alone is reason enough for a session on demand. The modem's mutex is held.
func (p *port) wantsSession() bool {
	if len(p.kept.data) > 0 {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open && time.Since(p.openSince) >= openSettle
}

func (p *port) drop(reason string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropped.add(reason, n)
}
