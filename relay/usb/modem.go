// Package usb is the modem plugged into this machine: it finds the device, keeps it ready by package at, and makes a
// relay.Session of a call. It knows nothing of the remote modems that it reaches, of what a call costs, or of who waits for
// it.
//
// A call:
//
//  1. Modem.Call gives the modem a job by Modem.claim.
//  2. life.turn takes the job and life.accept starts its operation in package at's Driver.
//  3. life.connected makes a modemConn of the connected line, and job.deliver hands it to the caller, who makes the session.
//
// A byte from the far modem: life.read reads the line, life.turn feeds the Driver, life.apply gives the call's bytes to
// modemConn.push, and modemConn.Read returns them. A byte to it: modemConn.Write writes to the line.
package usb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"meterline/relay"
	"meterline/relay/usb/at"
)

// Modem is a modem plugged into this machine: a GSM stick, or a telephone modem on a serial cable. It wakes far modems by a
// missed call or a short message, and calls meters. Run owns the device; all other methods may be called by any goroutine at
// any time. It does one thing at a time, and refuses further ones at once: a queue is the caller's business.
//
// Name, Select and other fields are set before Run.
type Modem struct {
	Name   string // for messages
	Select Selector
	Speed  int       // bit/s, 0 means 115200
	RTSCTS bool      // hardware flow control, for telephone modems whose cable has the wires
	AT     at.Config // Run finds out DTR itself
	Log    *slog.Logger

	// Changed is called by Run after each change of the state. It must not block. It may be nil.
	Changed func()
	// PIN is called before the PIN is given to the SIM, and with the result. The ICCID is "" where the modem does not tell it
	// before the PIN. A refused PIN is not given to that SIM again in this Modem's life. Whoever makes another Modem with the
	// same PIN must say so in AT.PINBarred, or the card will be locked. If PIN returns an error before the PIN is given, the try
	// will not be remembered; then the PIN is given only if the modem says how many attempts are left. PIN may be nil.
	PIN func(step PINStep, iccid string) error
	// Message is called by Run when a short message has come in, with AT.Inbox. It must not block. It may be nil.
	Message func(at.Message)

	list func() ([]Device, error)                                      // nil: List
	open func(path string, speed int, rtscts bool) (serialLine, error) // nil: openSerial

	jobs     chan *job // of capacity one; made at first use
	answered string    // the interface at which the modem answered last; used by Run only

	mu      sync.Mutex
	status  Status
	claimed bool            // a job is in jobs, or being done
	pinUsed map[string]bool // by the ICCID of the SIM that refused it; "" is a SIM that is not known
	fault   string          // the fault that was logged last
	closed  bool            // no job is accepted: no life could do it
}

// Times of a Modem.
const (
	pollEvery    = 2 * time.Second  // between two looks at what is plugged in
	retryAfter   = 30 * time.Second // before a failed modem is tried again, unless it is plugged in anew
	refreshEvery = 5 * time.Minute  // between two queries of signal and registration
)

// String returns the modem's name.
func (m *Modem) String() string { return "usb " + m.Name }

// Validate returns what is wrong with the settings.
func (m *Modem) Validate() error {
	errs := []error{m.Select.Validate(), m.AT.Validate()}
	if m.Speed < 0 || m.Speed > 4_000_000 {
		errs = append(errs, fmt.Errorf("speed %d: bit/s, up to 4000000", m.Speed))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("usb %s: %w", m.Name, err)
	}
	return nil
}

// Run keeps the modem ready while it is plugged in, until ctx ends. Then it hangs up, releases the device and returns nil. It
// is an error if the settings are wrong. It is called once.
func (m *Modem) Run(ctx context.Context) error {
	if err := m.Validate(); err != nil {
		return err
	}
	var failed string // the ports that were tried
	var again time.Time
	for ctx.Err() == nil {
		ports, err := m.find()
		switch {
		case err != nil:
			failed = ""
			m.set(Absent, err)
		case pathsOf(ports) != failed || !time.Now().Before(again):
			err = m.serve(ctx, ports)
			failed, again = pathsOf(ports), time.Now().Add(retryAfter)
			if errors.Is(err, ErrUnplugged) || errors.Is(err, ErrAbsent) || errors.Is(err, at.ErrStuck) {
				failed = "" // it may be back at once under the same name; or a call may still be up, and cost money
			}
			m.report(ctx, err)
		}
		pause(ctx, pollEvery)
	}
	m.set(Absent, relay.ErrShutdown)
	return nil
}

// report sets the state after an error.
func (m *Modem) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, ErrUnplugged) || errors.Is(err, ErrAbsent):
		m.set(Absent, err)
	default:
		m.set(Failed, err)
	}
}

// serve works with the first port at which a modem answers: a stick has several, and only some take commands.
func (m *Modem) serve(ctx context.Context, ports []Device) error {
	var errs []error
	if last := slices.IndexFunc(ports, func(p Device) bool { return p.Interface == m.answered }); last > 0 {
		ports = slices.Insert(slices.Delete(slices.Clone(ports), last, last+1), 0, ports[last])
	}
	for _, p := range ports {
		err := m.serveOne(ctx, p)
		if !errors.Is(err, errNoModem) || ctx.Err() != nil {
			m.answered = p.Interface
			return err
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// errNoModem means that nothing has ever answered at a port.
var errNoModem = errors.New("no modem there")

func (m *Modem) serveOne(ctx context.Context, p Device) error {
	m.mu.Lock()
	m.status.Device, m.status.Info, m.status.InfoAt = p, at.Result{}, time.Time{}
	m.mu.Unlock()
	m.set(Starting, nil)
	open := m.open
	if open == nil {
		open = openSerial
	}
	line, err := open(p.Path, cmp.Or(m.Speed, 115200), m.RTSCTS)
	if err != nil {
		return fmt.Errorf("open %s: %w", p.Path, err)
	}
	m.openJobs()
	err = newLife(m, line).run(ctx)
	m.shutJobs(err)
	if err != nil {
		err = fmt.Errorf("%s: %w", p.Path, err)
	}
	return err
}

// find returns the ports to try, in order.
func (m *Modem) find() ([]Device, error) {
	list := m.list
	if list == nil {
		list = List
	}
	return m.Select.find(list)
}

func (m *Modem) log() *slog.Logger {
	if m.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return m.Log.With("usb", m.Name)
}

// pause waits for d, or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
