// Package port provides local serial ports that are leased to one modem, as if the meter were cabled to this machine. KeepOpen and some
// functions are for dial-up ports as well. It does not decide who has the modem's lease, which package modem does, and does not
// know what kinds of ports there are, which is for package vport.
//
// A visit of a program:
//
//  1. KeepOpen.Run opens the device, and Port.serve reads it.
//  2. The program opens the port: Port.presence tells the modem.
//  3. The program writes: Port.take sends it to the modem, single bytes through a window; the first byte takes the lease.
//  4. The meter answers: Port.Deliver, or Port.DeliverUnread, writes the answer to the program.
//  5. The program closes the port: Port.presence sends what the window holds, and tells the modem, which ends the lease.
//  6. Port.StateChanged logs each change of state, and sets the carrier.
package port

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
)

// State is the state of a port. It is derived from the port and its modem, so that it cannot contradict them; Port.StateChanged is the
// one place where that is done:
//
//	down ──► idle ──► waiting ──► joined ──► clearing ──► idle
//	  ▲        │                     ▲            (or waiting, when the session ends and the program stays)
//	  └─ any   └─────────────────────┘
type State string

// The states.
const (
	Down     State = "down"     // it could not be made, which is tried again
	Idle     State = "idle"     // no program has it open, or one that has not written anything
	Waiting  State = "waiting"  // its program waits for a session
	Joined   State = "joined"   // its program is connected to the modem's session
	Clearing State = "clearing" // its program has left, and the rest of what it wrote is being sent
)

// Config is one leased port.
type Config struct {
	Name  string // of [port.NAME]; for a modem's own port the modem's name
	Own   bool   // it is the modem's own port, which gets what the modem sends while no port has the lease
	Modem string // the modem that it is leased to
	Spec  vport.Spec
}

// Port is one local port that is leased to one modem. The goroutine of Run is also the pump from the program to the modem.
type Port struct {
	cfg    Config
	log    *slog.Logger
	access *modem.Access // to its modem, which a reload may replace
	mount  *KeepOpen

	mu        sync.Mutex // may be taken while the modem's mutex is held, never the other way round
	device    vport.Port // nil while the port is down
	open      bool
	openSince time.Time
	opens     int64
	state     State
	since     time.Time
	from, to  int64
	dropped   status.Drops

	flushing sync.Mutex // guards sending what the window holds: both the pump and presence do that; taken before all others
	window   window     // bytes that wait for more; used by the pump, and by presence when the program has left

	hearAside func([]byte) bool // aside as a value, made once
}

// New returns a port that is leased to m, which Run starts. made is called once, when the port has been made or has failed for the first
// time.
func New(cfg Config, m *modem.Modem, log *slog.Logger, made func()) *Port {
	log = log.With("port", cfg.Spec.Address)
	p := &Port{cfg: cfg, log: log, mount: NewKeepOpen(cfg.Spec, log, made), state: Down, since: time.Now()}
	p.hearAside = p.aside
	p.access = modem.NewPortAccess(m, p, cfg.Own)
	return p
}

// Config returns the port's present configuration, which only reloads change.
func (p *Port) Config() Config { return p.cfg }

// Access returns the port's access to its modem.
func (p *Port) Access() *modem.Access { return p.access }

// Run serves the port until ctx ends.
func (p *Port) Run(ctx context.Context, open Opener) { p.mount.Run(ctx, open, p.presence, p.serve) }

// serve reads the port until it is closed.
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

// presence is called when a program opens or leaves the port, in order with its bytes.
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

// Present reports what Open does, but asks the device itself, which knows before presence is called.
func (p *Port) Present() bool {
	p.mu.Lock()
	d := p.device
	p.mu.Unlock()
	return d != nil && d.Present()
}

// Wants reports whether a program has had the port open for long enough that its modem is to be called.
func (p *Port) Wants() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open && time.Since(p.openSince) >= modem.OpenSettle
}

// Over returns false: a port has the lease until its program leaves.
func (p *Port) Over(modem.View) bool { return false }

// Settings returns what the program that has the port open has set, the zero value if none has.
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

// Dropped counts n bytes that were dropped for that reason.
func (p *Port) Dropped(reason string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropped.Add(reason, n)
}

// signal is called for what the program does to the port besides writing, in order with its bytes.
func (p *Port) signal(s vport.Signal) {
	p.flush()
	p.access.Flush()
	p.access.Signal(s)
}

// heed makes the device report what the program does besides writing, if there is a far serial port to set. On some kinds of ports that
// has a cost.
func (p *Port) heed() {
	p.mu.Lock() // to the end: a reload may call heed at the same time
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

// Rebind leases the port to another modem, that of a new configuration. The program that has it open stays.
func (p *Port) Rebind(m *modem.Modem) {
	if p.access.Modem() == m {
		return
	}
	p.access.Rebind(m)
	p.heed()
	if p.Open() {
		p.access.Opened()
	}
	p.access.Refresh()
}

// Permit changes the port's permissions to those of next, and reports whether it has: nothing else may differ. Only one goroutine at a time
// may call it, the reload's.
func (p *Port) Permit(next Config) bool {
	was := p.cfg
	was.Spec = next.Spec
	return reflect.DeepEqual(was, next) && p.mount.GoOver(&p.cfg.Spec, next.Spec)
}
