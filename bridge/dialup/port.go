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

// Port is a dial-up port: an emulated modem, from which a program dials the remote modem that it wants.
//
//	down ──► idle ──ATD──► waiting ──session is there──► joined ──ATH, the program leaves, the session ends──► idle
//	          └──────────RING, ATA──────────────────────────┘
//
// Three goroutines meet here. The port's own, in read, reads what the program writes, tells the emulated modem the time, and does what
// that wants. Another, in write, writes to the program, and waits while that does not read. The third is the remote modem's, which
// delivers what the meter sends. Only the first one begins and ends calls, and sends to the meter.
type Port struct {
	cfg    Config
	log    *slog.Logger
	keeper *port.KeepOpen
	reach

	working sync.Mutex // held while something in pending is done, so that it is done in order; taken before mu

	// mu may be taken while a modem's mutex is held, never the other way round.
	mu      monitor.Monitor
	changed *sync.Cond
	device  vport.Port // nil while the port is down
	hayes   *hayes.Modem
	pending []any // what the emulated modem wants done, in order: bytes for the meter, and its actions
	call    *call // nil: none
	ringing ringing
	state   port.State
	since   time.Time // when the state began
	visits
	outbox
	counts
	history history

	receiveNow func([]byte) bool // fromProgramNow as a value, made once

	calls sync.WaitGroup // the goroutines of calls
}

// reach is how a port gets the modem that is dialled, or wakes it.
type reach struct {
	board *Switchboard
	line  func(address string) *modem.Modem // makes a modem for a call to an address
	wake  func(context.Context, *modem.Modem) error
}

// visits are the programs that have had the port open, the present one included.
type visits struct {
	open      bool
	openSince time.Time
	opens     int64
}

// counts are the bytes from the program, to it, and dropped.
type counts struct {
	from, to int64
	dropped  status.Drops
}

// New returns a dial-up port that Run starts. It dials the modems of board. line makes a modem for a call to an address, and wake wakes a
// modem that gets a voice call. made is called once, when the port has been made or has failed for the first time.
func New(cfg Config, board *Switchboard, line func(string) *modem.Modem, wake func(context.Context, *modem.Modem) error, log *slog.Logger, made func(),
) *Port {
	log = log.With("port", cfg.Spec.Address)
	p := &Port{
		cfg: cfg, log: log, reach: reach{board, line, wake}, keeper: port.NewKeepOpen(cfg.Spec, log, made), state: port.Down, since: time.Now(),
	}
	p.changed = sync.NewCond(&p.mu)
	p.receiveNow = p.fromProgramNow
	p.hayes = hayes.New(cfg.Hayes, self{p})
	return p
}

// Config returns the port's present configuration, which only reloads change.
func (p *Port) Config() Config { return p.cfg }

// Run serves the port until ctx ends.
func (p *Port) Run(ctx context.Context, open port.Opener) {
	defer p.calls.Wait()
	p.keeper.Run(ctx, open, p.presence, func(d vport.Port) error { return p.serve(ctx, d) })
}

// serve reads the port, and writes to it, until it is closed.
func (p *Port) serve(ctx context.Context, d vport.Port) error {
	if s, ok := d.(vport.Signaller); ok && !isLocal(d) {
		s.SetSignal(p.signal)
	}
	p.setDevice(d)
	p.keeper.Made()
	var writer sync.WaitGroup
	writer.Go(func() { p.write(d) })
	err := p.read(ctx, d)
	p.setDevice(nil)
	_ = d.Close() // ends the writer; keeper closes it again, and looks at the error
	writer.Wait()
	p.presence(false)
	p.work(ctx)
	return err
}

// read passes what the program writes, and the time, to the emulated modem.
func (p *Port) read(ctx context.Context, d vport.Port) error {
	if err := p.workAndRest(ctx, d); err != nil { // a program may have opened the port already
		return err
	}
	for {
		err := d.Receive(func(b []byte) bool { return p.fromProgram(ctx, d, b) == nil })
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		p.mu.Lock()
		p.apply(p.hayes.Tick(time.Now()))
		p.mu.Unlock()
		if err := p.workAndRest(ctx, d); err != nil {
			return err
		}
	}
}

// fromProgram passes b to the emulated modem: all of it or, while the program does not read its answers, line by line.
func (p *Port) fromProgram(ctx context.Context, d vport.Port, b []byte) error {
	came := time.Now()
	p.mu.Lock()
	p.from += int64(len(b))
	p.mu.Unlock()
	for len(b) > 0 {
		p.awaitRoom(ctx)
		p.mu.Lock()
		out, n := p.hayes.FromDTEWithin(b, answersMax-p.answers, came)
		p.apply(out)
		p.mu.Unlock()
		if err := p.workAndRest(ctx, d); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// workAndRest does everything in pending, and then sets the time until which the port is read: when the emulated modem has something to do.
func (p *Port) workAndRest(ctx context.Context, d vport.Port) error {
	for {
		p.work(ctx)
		p.mu.Lock()
		if len(p.pending) == 0 {
			defer p.mu.Unlock()
			return d.SetReadDeadline(p.hayes.Due())
		}
		p.mu.Unlock()
	}
}

// apply queues the consequences of an event. The caller holds mu.
func (p *Port) apply(out hayes.Out) {
	p.queue(out)
	for _, b := range out.ToLine {
		p.pending = append(p.pending, append([]byte(nil), b...))
	}
	for _, a := range out.Actions {
		p.pending = append(p.pending, a)
	}
	for _, d := range out.Drops {
		p.dropped.Add(string(d.Reason), d.Bytes)
	}
	for _, c := range out.Calls {
		p.history.add(c, p.partner(c))
	}
	p.changed.Broadcast()
	p.updateState()
}

// applyAndWake is apply for events from other goroutines: it wakes the port's goroutine if there is something to do. The caller holds mu,
// as workAndRest does when it sets the deadline; so no wake-up is lost.
func (p *Port) applyAndWake(out hayes.Out) {
	p.apply(out)
	if p.device == nil {
		return
	}
	wake := p.hayes.Due()
	if len(p.pending) > 0 {
		wake = time.Unix(1, 0)
	}
	_ = p.device.SetReadDeadline(wake) // fails on a closed port, whose reader has returned already
}

func (p *Port) setDevice(d vport.Port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.device = d
	p.changed.Broadcast()
	p.updateState()
}

// presence is called when a program opens or leaves the port, in order with its bytes. To the emulated modem, leaving is DTR off.
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
		p.applyAndWake(p.hayes.Opened(time.Now()))
		return
	}
	p.dropOutbound()
	hangs, ok := p.device.(vport.HangUpper)
	p.applyAndWake(p.hayes.Dropped(time.Now(), !ok || hangs.HangsUp()))
}
