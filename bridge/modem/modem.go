// Package modem is one remote modem: it gets sessions, serves them one after the other, lends the present one to one client at a time,
// and moves the bytes between the two. It is neither a port nor a telephone: those stand behind Client, Ringer and Fallback. How a
// session begins on the wire is relay's, and what the bytes mean is frame's.
//
// A Modem has two halves. Its life gets sessions; Modem.Run drives it:
//
//  1. Modem.next looks at what there is to do, and waits if there is nothing.
//  2. Modem.calling and Modem.fallingBack make one attempt each; Modem.Answer takes a session that the modem began.
//  3. Modem.seat makes a session the present one, and Modem.begin has it read.
//  4. Modem.ending hands over what it brought, logs its story in one record, and the modem is away again.
//
// Its circuit moves the bytes. From the program to the modem:
//
//  1. Access.Send takes what a client has written.
//  2. toModem.send gets it the lease with circuit.acquire, or drops the bytes and counts them.
//  3. toModem.forward gives them to frame's rules, and circuit.apply does what those decide.
//  4. toModem.write gives them to the system with sendQueue.try, or puts them into the queue that sendQueue.drain empties.
//
// From the modem to the program:
//
//  1. toProgram.read has the session read, and toProgram.receive takes each piece.
//  2. circuit.apply does what frame's rules decide, and toProgram.handOver hands over what they let go of.
//  3. toProgram.handFirst makes sure that the program has written nothing since; toProgram.handPiece calls Client.Deliver.
//
// One mutex guards both halves. Nothing is logged and no client is shown anything while it is held: monitor.Monitor puts that off.
package modem

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/monitor"
	"meterline/relay"
	"meterline/relay/wire"
)

// Modem is one remote modem. The goroutine of Run is also the pump from the modem to the program.
type Modem struct {
	cfg Config
	log *slog.Logger

	mu       monitor.Monitor // guards all below
	life     life
	circuit  circuit
	demand   demand
	ringing  Ringing
	absence  absence
	contest  contest
	ways     ways
	passed   passedBeats
	fallback Fallback // how it is reached when its own lines do not help, nil: it is not
}

// New makes a modem that is called by line, which may be nil, and counted by acc. Run starts it.
func New(cfg Config, line relay.Line, log *slog.Logger, acc *ledger.Account) *Modem {
	cfg = cfg.WithDefaults()
	now := time.Now()
	m := &Modem{
		cfg: cfg, log: log.With("modem", cfg.Name), life: newLife(now), absence: absence{since: now},
	}
	m.passed.mu, m.passed.log = &m.mu, m.log
	m.ringing.m, m.ways = m, newWays(&m.cfg, line, now)
	c := &m.circuit
	m.demand.circuit = c
	c.mu, c.cfg, c.log, c.tasks = &m.mu, &m.cfg, m.log, &m.life.tasks
	c.taken, c.wanted = m.leaseTaken, m.life.wake
	c.frames, c.far.serial, c.observer = newFraming(cfg.Frame), cfg.Serial, &observer{account: acc}
	c.init()
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

// Account is what is counted and known of the modem beyond its present session.
func (m *Modem) Account() *ledger.Account { return m.circuit.observer.account }

// Ringing is what lets dial-up ports ring for the modem.
func (m *Modem) Ringing() *Ringing { return &m.ringing }

// Log is the modem's log.
func (m *Modem) Log() *slog.Logger { return m.log }

// Observe takes what the modem says of itself, from its own goroutine or the exchange's.
func (m *Modem) Observe(facts []wire.Fact, events []wire.Event) {
	m.Account().Observe(time.Now(), facts, events)
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
func (m *Modem) Done() <-chan struct{} { return m.life.ended }

// HasSession reports whether there is a session.
func (m *Modem) HasSession() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.circuit.session != nil
}

// leaseTaken is called when the lease goes to holder, or is free again if holder is nil. The caller holds mu.
func (m *Modem) leaseTaken(holder *Access) {
	if holder == nil {
		m.life.wake()
		return
	}
	m.ringing.due = false
	m.ringing.stop(holder)
}

// SetPorts sets the ports that are leased to the modem, before Run and at each reload. The lease of a port that is not among them ends.
func (m *Modem) SetPorts(ports []*Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.circuit.setPorts(ports)
	m.life.wake()
}

// SetFallback sets the modem's fallback. It is called before Run.
func (m *Modem) SetFallback(f Fallback) { m.fallback = f }

// SetOutage has a count the modem. It is called before Run.
func (m *Modem) SetOutage(a *Outage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.absence.outage = a
}

// CallsInAt sets where the modem calls in, before Run and at each reload; own says that this is an address of its own.
func (m *Modem) CallsInAt(at Inbound, own bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if own {
		m.ways.own = at
	} else {
		m.ways.inbound = at
	}
}

// Inherit takes over what old, whose Run has returned, knows of answers that may still come. It is called before Run.
func (m *Modem) Inherit(old *Modem) {
	old.mu.Lock()
	defer old.mu.Unlock()
	if m.circuit.frames.on() && old.circuit.frames.on() {
		m.circuit.frames.line.Inherit(old.circuit.frames.line, time.Now())
	}
}

// Adopt takes over cfg while the modem runs, if it differs only in keys that do not concern a session. It reports whether it has. These
// keys end no session:
//
//	note, lease_idle, linger                                     adopted here
//	secret, secret_file, login                                   adopted here, for the next session
//	number, ring, fallback and what goes with it                 adopted here; what is under way goes on as it began
//	port, and [port.NAME]: owner, group, mode                    changed at the port, whose program stays; see port.Port.Permit
//	port, and [port.NAME]: allow, kick_old                       the port is made anew, its program alone is cut
//	[exchange.NAME]: all                                         sessions that have begun are the modem's
//
// All other keys of [modem.NAME] do: they say who the modem is, how it is reached, or what happens to its bytes.
func (m *Modem) Adopt(cfg Config) (adopted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.cfg
	take := func(into *Config) {
		into.Note, into.LeaseIdle, into.Linger = cfg.Note, cfg.LeaseIdle, cfg.Linger
		into.Numbers, into.Ring, into.Fallback = cfg.Numbers, cfg.Ring, cfg.Fallback
		into.Credentials = cfg.Credentials
	}
	take(&was)
	if reflect.DeepEqual(m.cfg, cfg) || !reflect.DeepEqual(was, cfg) {
		return false
	}
	take(&m.cfg) // not the whole configuration: the other fields are read without the mutex
	if l, ok := m.ways.line.(interface{ SetCredentials(wire.Credentials) }); ok {
		l.SetCredentials(cfg.Credentials)
	}
	m.life.wake()
	return true
}
