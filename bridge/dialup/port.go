package dialup

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/monitor"
	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/vport"
	"meterline/vport/hayes"
)

// Port is a dial-up port: an emulated modem, from which a program dials the modem that it wants.
//
//	down ──► idle ──ATD──► waiting ──session is there──► joined ──ATH, the program leaves, the session ends──► idle
//	          └──────────RING, ATA──────────────────────────┘
//
// Three goroutines meet here: its own, run, which reads what the program writes, lets time pass for the emulated modem and
// does what that wants done; writer, which writes to the program and waits while that does not read; and the one of the
// modem that is called, which brings what the meter sends. Only the first one touches calls and what goes to the meter.
type Port struct {
	cfg   Config
	log   *slog.Logger
	board *Switchboard
	wake  func(context.Context, *modem.Modem) error
	line  func(address string) *modem.Modem // makes the far end of a number that is an address
	mount *port.KeepOpen

	working sync.Mutex // held while what the emulated modem wants is done, so that it is done in order; taken before mu

	// mu may be taken while a modem's mutex is held, never the other way round.
	mu        monitor.Monitor
	changed   *sync.Cond
	device    vport.Port // nil while the port is down
	open      bool
	openSince time.Time
	opens     int64
	hayes     *hayes.Modem
	last      *modem.Modem // who was dialled last: what the emulated modem tells of itself is that one's
	wanted    []any        // what the emulated modem wants done, in order: bytes for the meter, and hayes.Actions
	toward    []toward     // what is to be written to the program
	waiting   int          // bytes in toward, and being written
	writing   int          // bytes being written
	answers   int          // of waiting, what the emulated modem itself says
	call      *call        // nil: none
	ringer    *modem.Modem // whose session rings here, nil: none
	ringEnd   *time.Timer
	state     port.State
	since     time.Time
	from, to  int64
	dropped   status.Drops

	hearAside func([]byte) bool // aside, made once

	calls sync.WaitGroup // calls coming up and calls being cleared
}

// New makes a dial-up port that reaches who is on the board. An address that is dialled is a modem that line makes; a modem that gets a
// voice call is woken by wake. made is told once, when the port has been made or has failed for the first time. Run starts it.
func New(cfg Config, board *Switchboard, line func(string) *modem.Modem, wake func(context.Context, *modem.Modem) error, log *slog.Logger, made func(),
) *Port {
	log = log.With("port", cfg.Spec.Address)
	p := &Port{
		cfg: cfg, log: log, board: board, line: line, wake: wake, mount: port.NewKeepOpen(cfg.Spec, log, made), state: port.Down, since: time.Now(),
	}
	p.changed = sync.NewCond(&p.mu)
	p.hearAside = p.aside
	p.hayes = hayes.New(cfg.Hayes, self{p})
	return p
}

// Config is the port's present configuration, which only reloads change.
func (p *Port) Config() Config { return p.cfg }

// Run serves the port until ctx ends.
func (p *Port) Run(ctx context.Context, open port.Opener) {
	defer p.calls.Wait()
	p.mount.Run(ctx, open, p.presence, func(d vport.Port) error { return p.serve(ctx, d) })
}

// serve reads the port, and writes to it, until it ends.
func (p *Port) serve(ctx context.Context, d vport.Port) error {
	if s, ok := d.(vport.Signaller); ok && !isLocal(d) {
		s.SetSignal(p.signal)
	}
	p.setDevice(d)
	p.mount.Made()
	var writer sync.WaitGroup
	writer.Go(func() { p.write(d) })
	err := p.read(ctx, d)
	p.setDevice(nil)
	_ = d.Close() // lets the writer go; closed again by mount, where the error counts
	writer.Wait()
	p.presence(false)
	p.work(ctx)
	return err
}

// read lets the emulated modem hear what the program writes, and time pass.
func (p *Port) read(ctx context.Context, d vport.Port) error {
	if err := p.workAndRest(ctx, d); err != nil { // the port may have been opened before it was known here
		return err
	}
	for {
		err := d.Receive(func(b []byte) bool { return p.hear(ctx, d, b) == nil })
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		p.mu.Lock()
		p.happen(p.hayes.Tick(time.Now()))
		p.mu.Unlock()
		if err := p.workAndRest(ctx, d); err != nil {
			return err
		}
	}
}

// hear lets the emulated modem hear b, which came now: at once or, while the program does not take its answers, line by line.
func (p *Port) hear(ctx context.Context, d vport.Port, b []byte) error {
	came := time.Now()
	p.mu.Lock()
	p.from += int64(len(b))
	p.mu.Unlock()
	for len(b) > 0 {
		p.awaitRoom(ctx)
		p.mu.Lock()
		out, n := p.hayes.FromDTEWithin(b, answersMax-p.answers, came)
		p.happen(out)
		p.mu.Unlock()
		if err := p.workAndRest(ctx, d); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// workAndRest does what is to be done, and then lets the port be read until the emulated modem wants to be asked again.
func (p *Port) workAndRest(ctx context.Context, d vport.Port) error {
	for {
		p.work(ctx)
		p.mu.Lock()
		if len(p.wanted) == 0 {
			defer p.mu.Unlock()
			return d.SetReadDeadline(p.hayes.Due())
		}
		p.mu.Unlock()
	}
}

// happen takes what an event has brought about. The caller holds mu.
func (p *Port) happen(out hayes.Out) {
	p.queue(out)
	for _, b := range out.ToLine {
		p.wanted = append(p.wanted, append([]byte(nil), b...))
	}
	for _, a := range out.Actions {
		p.wanted = append(p.wanted, a)
	}
	for _, d := range out.Drops {
		p.dropped.Add(string(d.Reason), d.Bytes)
	}
	p.changed.Broadcast()
	p.settled()
}

// heard is happen for events that others bring: the port's own goroutine is woken, if there is something for it. The mutex is
// held, as where the deadline is set, so that neither is lost.
func (p *Port) heard(out hayes.Out) {
	p.happen(out)
	if p.device == nil {
		return
	}
	wake := p.hayes.Due()
	if len(p.wanted) > 0 {
		wake = time.Unix(1, 0)
	}
	_ = p.device.SetReadDeadline(wake) // a closed port's reader has woken already
}

func (p *Port) setDevice(d vport.Port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.device = d
	p.changed.Broadcast()
	p.settled()
}

// presence is told of a program's coming and going, in the order in which its bytes came. Leaving is DTR off.
func (p *Port) presence(open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == open {
		return
	}
	p.open = open
	if open {
		p.openSince = time.Now()
		p.opens++
		p.heard(p.hayes.Opened(time.Now()))
		return
	}
	p.dropToward()
	hangs, ok := p.device.(vport.HangUpper)
	p.heard(p.hayes.Dropped(time.Now(), !ok || hangs.HangsUp()))
}
