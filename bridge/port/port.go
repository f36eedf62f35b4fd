// Package port is a local serial port that is leased to one modem, as if the meter were cabled to the machine; and what such a port has
// in common with a dial-up port: that it is kept open, and its status. Who gets the modem is the modem's to say, and what kinds of
// ports there are is vport's.
package port

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
)

// State is where a port stands in its life. It follows from what is known of the port and of its modem, so that it
// cannot contradict them; settle is the one place where it is looked at:
//
//	down ──► idle ──► waiting ──► joined ──► clearing ──► idle
//	  ▲        │                     ▲            (or waiting, when the session ends and the program stays)
//	  └─ any   └─────────────────────┘
type State string

// The states.
const (
	Down     State = "down"     // it could not be made; tried again
	Idle     State = "idle"     // nobody uses it, or has it open without having written
	Waiting  State = "waiting"  // its program wants a session
	Joined   State = "joined"   // its program and the modem's session are one line
	Clearing State = "clearing" // its program has left; the tail is being sent
)

// Config is one leased port.
type Config struct {
	Name  string // see [port.NAME]; for a modem's own port the modem's name
	Own   bool   // the modem's own port: what it sends without a lease goes here
	Modem string // which it is leased to
	Spec  vport.Spec
}

// Port is one local port and the modem it is leased to. Its own goroutine, run, is also the pump from the program to the
// modem.
type Port struct {
	cfg    Config
	log    *slog.Logger
	access *modem.Access // to its modem; a reload may put another in its place
	mount  *KeepOpen

	mu        sync.Mutex // may be taken while the modem's is held, never the other way round
	device    vport.Port // nil while the port is down
	open      bool
	openSince time.Time
	opens     int64
	state     State
	since     time.Time
	from, to  int64
	dropped   status.Drops

	// Whoever tells that the program has left sends its last byte, unless the pump does so at this moment.
	flushing sync.Mutex // taken before all others
	window   window     // single bytes being put together; run's, but for that

	hearAside func([]byte) bool // aside, made once
}

// New makes a port that is leased to m. made is told once, when it has been made or has failed for the first time. Run starts it.
func New(cfg Config, m *modem.Modem, log *slog.Logger, made func()) *Port {
	log = log.With("port", cfg.Spec.Address)
	p := &Port{cfg: cfg, log: log, mount: NewKeepOpen(cfg.Spec, log, made), state: Down, since: time.Now()}
	p.hearAside = p.aside
	p.access = modem.NewPortAccess(m, p, cfg.Own)
	return p
}

// Config is the port's present configuration, which only reloads change.
func (p *Port) Config() Config { return p.cfg }

// Access is the way to the port's modem.
func (p *Port) Access() *modem.Access { return p.access }

// Run serves the port until ctx ends.
func (p *Port) Run(ctx context.Context, open Opener) { p.mount.Run(ctx, open, p.presence, p.serve) }

// serve reads the port until it ends.
func (p *Port) serve(d vport.Port) error {
	p.setDevice(d)
	p.heed()
	p.mount.Made()
	err := p.read(d)
	p.setDevice(nil)
	p.presence(false)
	return err
}

func (p *Port) setDevice(d vport.Port) {
	p.mu.Lock()
	p.device = d
	p.mu.Unlock()
	p.access.Refresh()
}

// presence is told of a program's coming and going, in the order in which its bytes came.
func (p *Port) presence(open bool) {
	if !open {
		p.flush()
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
	if open {
		p.access.Opened()
	} else {
		p.access.Left()
	}
}

// Open reports whether a program has the port open.
func (p *Port) Open() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// Present asks the device itself, which knows before presence is told.
func (p *Port) Present() bool {
	p.mu.Lock()
	d := p.device
	p.mu.Unlock()
	return d != nil && d.Present()
}

// Wants reports whether a program has had the port open for so long that its modem is to be called.
func (p *Port) Wants() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open && time.Since(p.openSince) >= modem.OpenSettle
}

// Over is false: a port has the lease until its program leaves.
func (p *Port) Over() bool { return false }

// Settings are what the program that has the port open has set.
func (p *Port) Settings() vport.Settings {
	p.mu.Lock()
	d, ok := p.device.(vport.Signaller)
	open := p.open
	p.mu.Unlock()
	if !ok || !open {
		return vport.Settings{}
	}
	return d.Settings()
}

// Dropped counts n bytes that went nowhere.
func (p *Port) Dropped(reason string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropped.Add(reason, n)
}

// signal is told what the program does to its port besides writing, in order with its bytes.
func (p *Port) signal(s vport.Signal) {
	p.flush()
	p.access.Flush()
	p.access.Signal(s)
}

// heed has the port's program listened to for more than bytes, where a far serial port may want to know: on some ports that has its
// price.
func (p *Port) heed() {
	p.mu.Lock() // until it is done: a reload may come here at the same time
	defer p.mu.Unlock()
	s, ok := p.device.(vport.Signaller)
	switch {
	case !ok:
	case p.access.Settable():
		s.SetSignal(p.signal)
	default:
		s.SetSignal(nil)
	}
}
