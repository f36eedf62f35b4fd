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

// Stick is a modem plugged into this machine: it reaches one far modem at a time, and calls cost money.
type Stick interface {
	// Run keeps the modem ready until ctx ends, plugged in or not.
	Run(ctx context.Context) error
	// Call places a data call. The session's end hangs up.
	Call(ctx context.Context, number string) (*relay.Session, error)
	// Ring lets the number ring for that long, without a call coming about, and tells how that ended, also with an error.
	Ring(ctx context.Context, number string, long time.Duration) (at.RingResult, error)
	// SMS sends a text message.
	SMS(ctx context.Context, number, text string) error
}

// Describing is a Stick that says how it is getting on.
type Describing interface {
	State() string   // in words: absent, ready, in a call
	Problem() string // why nobody can be reached by it, empty: somebody can
	About() []string // maker, model, operator, signal
}

// PINForgetter is a Stick that remembers that its PIN was refused, until it is told not to.
type PINForgetter interface{ ForgetPIN() }

// Reporting is a Stick that tells things by itself. It is told to whom before Run.
type Reporting interface{ ReportTo(r Reports) }

// Reports take what a plugged-in modem tells by itself.
type Reports struct {
	Message func(m at.Message) // a text message has come in; does not wait
	// PIN is told when the SIM's PIN is given to it, and what comes of that. It waits until that is on the disk; an error says that
	// it is not. The ICCID may be "".
	PIN func(step usb.PINStep, iccid string) error
}

// Config is one modem plugged into this machine, and what it may cost. A limit of 0 is none.
type Config struct {
	Name string

	Select usb.Selector // which device it is
	Speed  int          // bit/s, 0 means 115200
	RTSCTS bool         // hardware flow control
	AT     at.Config    // how it is driven

	Wakes        bool          // it may wake far modems by missed calls
	SMS          bool          // and by text messages
	Calls        bool          // it may call them
	DayTime      time.Duration // of data calls in a day, all modems together
	DayCalls     int           // data calls and wake-ups in a day, all modems together
	ModemDayTime time.Duration // of data calls in a day, for one modem
	ModemCalls   int           // data calls and wake-ups in a day, for one modem
	From, To     time.Duration // hours of the day in which it may be used, local time, since midnight; equal: always
}

// pin is what the modem gives to its SIM.
func (c Config) pin() ledger.PIN {
	return ledger.PIN{Modem: c.Name, Device: c.Select, Digits: c.AT.PIN}
}

// Queue gives one plugged-in modem to one far modem at a time, in a fair order, and keeps to what it may cost.
type Queue struct {
	cfg   Config
	line  Stick
	log   *slog.Logger
	spent *ledger.Spending
	note  func() // something was spent

	ledger *ledger.Ledger // remembers PINs

	mu      sync.Mutex
	busy    *modem.Modem // who has it, nil: nobody
	queue   []*turn      // by since
	awaited []*awaiting  // far modems whose replies are waited for
	woken   []*wakeUp    // far modems whose sessions are
	sim     string       // ICCID of the SIM that wanted its PIN last, if the modem told it
}

// turn is one far modem's place in the queue.
type turn struct {
	m      *modem.Modem
	waited bool          // a program waits at its port: those go first
	since  time.Time     // when it came; one that has had its first turn and wants another comes back to its place
	came   chan struct{} // closed when it is this one's turn
}

func newQueue(cfg Config, log *slog.Logger, spent *ledger.Spending) *Queue {
	return &Queue{cfg: cfg, log: log.With("usb", cfg.Name), spent: spent, note: func() {}}
}

// New is the queue for a plugged-in modem as stick makes it, whose costs and PINs the ledger remembers.
func New(cfg Config, log *slog.Logger, l *ledger.Ledger, stick func(Config) Stick) *Queue {
	driven := cfg
	d := newQueue(cfg, log, l.USB(cfg.Name))
	d.ledger, d.note = l, l.Changed
	driven.AT.PINUsed = func(iccid string) error {
		d.mu.Lock()
		d.sim = iccid
		d.mu.Unlock()
		return l.PINRefused(cfg.pin(), iccid)
	}
	d.line = stick(driven)
	if r, ok := d.line.(Reporting); ok {
		r.ReportTo(Reports{Message: d.received, PIN: func(step usb.PINStep, iccid string) error {
			return l.NotePIN(cfg.pin(), step, iccid)
		}})
	}
	return d
}

// Config is the plugged-in modem's configuration.
func (d *Queue) Config() Config { return d.cfg }

// ForgetPIN lets the PIN be tried again that a SIM has refused.
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

// Acquire waits for the plugged-in modem, behind those who have wanted it before since. The caller gives it back with release. It is
// refused at once where a limit is reached or the hour is not one of those allowed.
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

// spend counts what the one who has the plugged-in modem spends.
func (d *Queue) spend(m *modem.Modem, u ledger.Usage) {
	if u != (ledger.Usage{}) {
		d.spent.Add(m.Name(), u, time.Now())
		d.note()
	}
}

// Release gives the plugged-in modem to the next one.
func (d *Queue) Release(m *modem.Modem) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy == m {
		d.next()
	}
}

// next lets the first of those go at whose ports a program waits, else the first of all. The caller holds mu.
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

// waits notes that a program has come to the port of a modem which is in the queue.
func (d *Queue) waits(m *modem.Modem) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.queue {
		t.waited = t.waited || t.m == m
	}
}

// place is a modem's in the queue, as things stand: 1 is next. 0: it does not wait.
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

// expect notes that a modem's session, or its reply, is awaited, until over is called.
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

// problem says why nobody can be reached by the plugged-in modem, where it knows that.
func (d *Queue) problem() string {
	if t, ok := d.line.(Describing); ok {
		return t.Problem()
	}
	return ""
}

// Status is what there is to tell; State, Problem and About come from the plugged-in modem itself, where it knows them.
func (d *Queue) Status() status.USB {
	s := status.USB{Name: d.cfg.Name}
	if t, ok := d.line.(Describing); ok {
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
