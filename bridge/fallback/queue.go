package fallback

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/relay"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

// Stick is a modem plugged into this machine. It reaches one far modem at a time, and its calls cost money.
type Stick interface {
	// Run keeps the modem ready while it is plugged in, until ctx ends.
	Run(ctx context.Context) error
	// Call places a data call. It is hung up when the session ends.
	Call(ctx context.Context, number string) (*relay.Session, error)
	// Ring lets the number ring for that long and hangs up before it is answered. It returns how the ringing ended, with an error too.
	Ring(ctx context.Context, number string, long time.Duration) (at.RingResult, error)
	// SMS sends a text message.
	SMS(ctx context.Context, number, text string) error
}

// Describer is a Stick that describes its own state.
type Describer interface {
	State() string   // in words: absent, ready, in a call
	Problem() string // why it can reach nobody, empty if it can
	About() []string // maker, model, operator, signal
}

// PINForgetter is a Stick that remembers a refused PIN until ForgetPIN is called.
type PINForgetter interface{ ForgetPIN() }

// EventSource is a Stick that reports events by itself. ReportTo is called before Run.
type EventSource interface{ ReportTo(r Reports) }

// Reports are the functions that a plugged-in modem calls when something happens.
type Reports struct {
	Message func(m at.Message) // called when a text message has come in; it must return at once
	// PIN is called before the PIN is given to the SIM, and with the result. It returns when that is on the disk; an error says that it
	// is not. iccid is empty if it is not known.
	PIN func(step usb.PINStep, iccid string) error
}

// Config is one modem plugged into this machine, and what it may cost. A limit of 0 means no limit.
type Config struct {
	Name string

	Select usb.Selector // which device it is
	Speed  int          // bit/s, 0 means 115200
	RTSCTS bool         // hardware flow control
	AT     at.Config    // how it is driven

	Wakes        bool          // it may wake far modems by missed calls
	SMS          bool          // and by text messages
	Calls        bool          // it may call them
	DayTime      time.Duration // limit of data calls in a day, all modems together
	DayCalls     int           // limit of data calls and wake-ups in a day, all modems together
	ModemDayTime time.Duration // limit of data calls in a day, for one modem
	ModemCalls   int           // limit of data calls and wake-ups in a day, for one modem
	From, To     time.Duration // hours of the day in which it may be used, local time, since midnight; equal: always
}

// pin returns the PIN that the modem gives to its SIM.
func (c Config) pin() ledger.PIN {
	return ledger.PIN{Modem: c.Name, Device: c.Select, Digits: c.AT.PIN}
}

// Queue lends one plugged-in modem to one far modem at a time, in a fair order, and enforces the limits of its cost.
type Queue struct {
	cfg   Config
	line  Stick
	log   *slog.Logger
	spent *ledger.Spending
	note  func() // called when something was spent

	ledger *ledger.Ledger // remembers PINs

	mu      sync.Mutex
	busy    *modem.Modem // the far modem that has it, nil: it is free
	queue   []*turn      // ordered by since
	awaited []*awaiting  // far modems whose replies are awaited
	woken   []*wakeUp    // far modems whose sessions are awaited
	sim     string       // ICCID of the SIM that wanted its PIN last, empty if the modem does not tell it
}

// turn is one far modem's place in the queue.
type turn struct {
	m      *modem.Modem
	waited bool          // a program waits at its port: such modems go first
	since  time.Time     // when it first wanted the plugged-in modem; it keeps that place for a second turn
	came   chan struct{} // closed when it is this one's turn
}

func newQueue(cfg Config, log *slog.Logger, spent *ledger.Spending) *Queue {
	return &Queue{cfg: cfg, log: log.With("usb", cfg.Name), spent: spent, note: func() {}}
}

// New returns the queue of a plugged-in modem. stick makes what drives that, and the ledger remembers its costs and PINs.
func New(cfg Config, log *slog.Logger, l *ledger.Ledger, stick func(Config) Stick) *Queue {
	driven := cfg
	d := newQueue(cfg, log, l.USB(cfg.Name))
	d.ledger, d.note = l, l.Changed
	driven.AT.PINBarred = func(iccid string) error {
		d.mu.Lock()
		d.sim = iccid
		d.mu.Unlock()
		return l.PINRefused(cfg.pin(), iccid)
	}
	d.line = stick(driven)
	if r, ok := d.line.(EventSource); ok {
		r.ReportTo(Reports{Message: d.received, PIN: func(step usb.PINStep, iccid string) error {
			return l.NotePIN(cfg.pin(), step, iccid)
		}})
	}
	return d
}

// Config returns the plugged-in modem's configuration.
func (d *Queue) Config() Config { return d.cfg }

// ForgetPIN allows the PIN to be tried again although a SIM has refused it.
func (d *Queue) ForgetPIN() error {
	d.mu.Lock()
	sim := d.sim
	d.mu.Unlock()
	d.ledger.ForgetPIN(d.cfg.pin(), sim)
	if t, ok := d.line.(PINForgetter); ok {
		t.ForgetPIN()
	}
	d.log.Warn("the SIM's PIN is tried again, as the operator wants it")
	return d.ledger.Save()
}

// Run keeps the plugged-in modem ready until ctx ends.
func (d *Queue) Run(ctx context.Context) {
	if err := d.line.Run(ctx); err != nil && ctx.Err() == nil {
		d.log.Error("usb modem cannot be used", "err", err)
	}
}

// Acquire waits for the plugged-in modem, behind those that have wanted it since an earlier time. waited says that a program waits at
// the modem's port. The caller gives it back by Release. An error is returned at once if a limit is reached or the hour is not allowed.
func (d *Queue) Acquire(ctx context.Context, m *modem.Modem, waited bool, since time.Time) error {
	d.mu.Lock()
	if err := d.allowed(m.Name(), time.Now()); err != nil {
		d.mu.Unlock()
		return err
	}
	if d.busy == nil {
		d.busy = m
		d.mu.Unlock()
		return nil
	}
	t := &turn{m, waited, since, make(chan struct{})}
	place, _ := slices.BinarySearchFunc(d.queue, since, func(other *turn, since time.Time) int {
		if other.since.After(since) {
			return 1
		}
		return -1
	})
	d.queue = slices.Insert(d.queue, place, t)
	d.mu.Unlock()
	select {
	case <-t.came:
	case <-ctx.Done():
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	err := context.Cause(ctx)
	if err == nil {
		err = d.allowed(m.Name(), time.Now()) // others have spent meanwhile
	}
	if err == nil {
		return nil
	}
	if i := slices.Index(d.queue, t); i >= 0 {
		d.queue = slices.Delete(d.queue, i, i+1)
	} else { // it is its turn
		d.next()
	}
	return err
}

// spend counts what m has spent, which has the plugged-in modem.
func (d *Queue) spend(m *modem.Modem, u ledger.Usage) {
	if u != (ledger.Usage{}) {
		d.spent.Add(m.Name(), u, time.Now())
		d.note()
	}
}

// Release takes the plugged-in modem from m, if m has it, and gives it to the next one in the queue.
func (d *Queue) Release(m *modem.Modem) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy == m {
		d.next()
	}
}

// next gives the plugged-in modem to the first in the queue at whose port a program waits, else to the first of all. The caller holds
// mu.
func (d *Queue) next() {
	d.busy = nil
	if len(d.queue) == 0 {
		return
	}
	i := max(slices.IndexFunc(d.queue, func(t *turn) bool { return t.waited }), 0)
	t := d.queue[i]
	d.queue = slices.Delete(d.queue, i, i+1)
	d.busy = t.m
	close(t.came)
}

// waits records that a program has come to the port of m, if m is in the queue.
func (d *Queue) waits(m *modem.Modem) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.queue {
		t.waited = t.waited || t.m == m
	}
}

// place returns how many turns it is until that of m: 1 is next, 0 means that m is not in the queue.
func (d *Queue) place(m *modem.Modem) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.queue, func(t *turn) bool { return t.m == m })
	if i < 0 {
		return 0
	}
	place := i + 1
	for j, other := range d.queue {
		switch waited := d.queue[i].waited; {
		case j > i && other.waited && !waited:
			place++
		case j < i && !other.waited && waited:
			place--
		}
	}
	return place
}

// expect makes Status show that a session or a reply is awaited, until over is called.
func (d *Queue) expect(w *wakeUp) (over func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.woken = append(d.woken, w)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.woken = slices.DeleteFunc(d.woken, func(other *wakeUp) bool { return other == w })
	}
}

// problem returns why the plugged-in modem can reach nobody, empty if it can or does not say.
func (d *Queue) problem() string {
	if t, ok := d.line.(Describer); ok {
		return t.Problem()
	}
	return ""
}

// Status returns the state of the queue, and of the plugged-in modem if that describes itself.
func (d *Queue) Status() status.USB {
	s := status.USB{Name: d.cfg.Name}
	if t, ok := d.line.(Describer); ok {
		s.State, s.Problem, s.About = t.State(), t.Problem(), t.About()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy != nil {
		s.Modem = d.busy.Name()
	}
	for _, t := range d.queue {
		s.Waiting = append(s.Waiting, t.m.Name())
	}
	now := time.Now()
	for _, w := range d.woken {
		s.Awaited = append(s.Awaited, w.awaited(now))
	}
	total, _ := d.spent.Today("", now)
	s.Calls, s.Talked = total.Calls, total.Talked.Round(time.Second).String()
	return s
}
