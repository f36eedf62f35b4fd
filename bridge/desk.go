package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"meterline/relay"
	"meterline/relay/at"
)

// Telephone is a modem plugged into this machine: it reaches one far modem at a time, and calls cost money.
type Telephone interface {
	// Run keeps the modem ready until ctx ends, plugged in or not.
	Run(ctx context.Context) error
	// Call places a data call. The session's end hangs up.
	Call(ctx context.Context, number string) (*relay.Session, error)
	// Ring lets the number ring for that long, without a call coming about.
	Ring(ctx context.Context, number string, long time.Duration) error
	// SMS sends a text message.
	SMS(ctx context.Context, number, text string) error
}

// USBConfig is one modem plugged into this machine, and what it may cost. A limit of 0 is none.
type USBConfig struct {
	Name string

	Select relay.USBSelect // which device it is
	Speed  int             // bit/s, 0 means 115200
	RTSCTS bool            // hardware flow control
	AT     at.Config       // how it is driven

	Wakes        bool          // it may wake far modems by missed calls
	SMS          bool          // and by text messages
	Calls        bool          // it may call them
	DayTime      time.Duration // of data calls in a day, all modems together
	DayCalls     int           // data calls and wake-ups in a day, all modems together
	ModemDayTime time.Duration // of data calls in a day, for one modem
	ModemCalls   int           // data calls and wake-ups in a day, for one modem
	From, To     time.Duration // hours of the day in which it may be used, local time, since midnight; equal: always
}

// desk gives one plugged-in modem to one far modem at a time, in a fair order, and keeps to what it may cost.
type desk struct {
	cfg  USBConfig
	line Telephone

	mu    sync.Mutex
	busy  *modem // who has it, nil: nobody
	queue []*turn
	day   string // that the counts are of
	used  map[string]*usage
	total usage
}

// usage is what has been spent in a day.
type usage struct {
	calls  int
	talked time.Duration
}

// turn is one far modem's place in the queue.
type turn struct {
	m      *modem
	waited bool          // a program waits at its port: those go first
	came   chan struct{} // closed when it is this one's turn
}

// ErrSpent says that a limit of the day is reached.
var ErrSpent = errors.New("the day's limit is reached")

func newDesk(cfg USBConfig, line Telephone) *desk {
	return &desk{cfg: cfg, line: line, used: make(map[string]*usage)}
}

// run keeps the plugged-in modem ready until ctx ends.
func (d *desk) run(ctx context.Context, log *slog.Logger) {
	if err := d.line.Run(ctx); err != nil && ctx.Err() == nil {
		log.Error("usb modem cannot be used", "usb", d.cfg.Name, "err", err)
	}
}

// acquire waits for the plugged-in modem. The caller gives it back with release. It is refused at once where a limit is
// reached or the hour is not one of those allowed.
func (d *desk) acquire(ctx context.Context, m *modem, waited bool) error {
	d.mu.Lock()
	if err := d.allowed(m.cfg.Name, time.Now()); err != nil {
		d.mu.Unlock()
		return err
	}
	if d.busy == nil {
		d.busy = m
		d.mu.Unlock()
		return nil
	}
	t := &turn{m, waited, make(chan struct{})}
	d.queue = append(d.queue, t)
	d.mu.Unlock()
	select {
	case <-t.came:
		return nil
	case <-ctx.Done():
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy == m { // its turn came at this very moment
		d.next()
	}
	d.queue = slices.DeleteFunc(d.queue, func(other *turn) bool { return other == t })
	return context.Cause(ctx)
}

// release gives the plugged-in modem to the next one, and counts what was spent.
func (d *desk) release(m *modem, calls int, talked time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy != m {
		return
	}
	d.turnDay(time.Now())
	u := d.of(m.cfg.Name)
	for _, u := range []*usage{u, &d.total} {
		u.calls += calls
		u.talked += talked
	}
	d.next()
}

// next lets the first of those go at whose ports a program waits, else the first of all. The mutex is held.
func (d *desk) next() {
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

func (d *desk) of(name string) *usage {
	u := d.used[name]
	if u == nil {
		u = new(usage)
		d.used[name] = u
	}
	return u
}

// turnDay begins new counts with a new day. The mutex is held.
func (d *desk) turnDay(now time.Time) {
	if day := now.Format(dayLayout); day != d.day {
		d.day, d.used, d.total = day, make(map[string]*usage), usage{}
	}
}

// allowed says why nothing more may be spent for a modem now. The mutex is held.
func (d *desk) allowed(name string, now time.Time) error {
	d.turnDay(now)
	if !d.cfg.open(now) {
		return fmt.Errorf("usb modem %s is not to be used at this hour", d.cfg.Name)
	}
	u := d.of(name)
	switch {
	case d.cfg.DayCalls > 0 && d.total.calls >= d.cfg.DayCalls:
		return fmt.Errorf("usb modem %s: %w: %d calls", d.cfg.Name, ErrSpent, d.total.calls)
	case d.cfg.DayTime > 0 && d.total.talked >= d.cfg.DayTime:
		return fmt.Errorf("usb modem %s: %w: %s of calls", d.cfg.Name, ErrSpent, d.total.talked.Round(time.Second))
	case d.cfg.ModemCalls > 0 && u.calls >= d.cfg.ModemCalls:
		return fmt.Errorf("usb modem %s: %w for modem %s: %d calls", d.cfg.Name, ErrSpent, name, u.calls)
	case d.cfg.ModemDayTime > 0 && u.talked >= d.cfg.ModemDayTime:
		return fmt.Errorf("usb modem %s: %w for modem %s: %s of calls", d.cfg.Name, ErrSpent, name, u.talked.Round(time.Second))
	}
	return nil
}

// MayWake tells whether far modems may be woken in that way.
func (c USBConfig) MayWake(by Wake) bool {
	switch by {
	case WakeCall:
		return c.Wakes
	case WakeSMS:
		return c.SMS
	}
	return false
}

// open tells whether the hour is one of those allowed.
func (c USBConfig) open(now time.Time) bool {
	if c.From == c.To {
		return true
	}
	h, m, s := now.Clock()
	at := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	if c.From < c.To {
		return at >= c.From && at < c.To
	}
	return at >= c.From || at < c.To
}

// status is what there is to tell; State, Problem and About come from the plugged-in modem itself, where it knows them.
func (d *desk) status() USBStatus {
	s := USBStatus{Name: d.cfg.Name}
	if t, ok := d.line.(interface {
		State() string
		Problem() string
		About() []string
	}); ok {
		s.State, s.Problem, s.About = t.State(), t.Problem(), t.About()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turnDay(time.Now())
	if d.busy != nil {
		s.Modem = d.busy.cfg.Name
	}
	for _, t := range d.queue {
		s.Waiting = append(s.Waiting, t.m.cfg.Name)
	}
	s.Calls, s.Talked = d.total.calls, d.total.talked.Round(time.Second).String()
	return s
}
