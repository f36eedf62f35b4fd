package usb_test

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay"
	"meterline/relay/simulated"
	"meterline/relay/usb"
)

const farNumber = "+79161234567"

// simSlot is where a simulated modem can be plugged in, in memory.
type simSlot struct {
	mu      sync.Mutex
	modem   *simulated.ATModem
	ports   []usb.Device // what is listed; the first answers as modem, others are silent
	listErr error
	answers string // the path that modem answers at
	openErr error
	stalled bool // writes are not taken
	noDTR   bool
	lines   []*simLine // open
	setUp   func(m *usb.Modem)
	changed chan struct{}
}

func newSlot(m *simulated.ATModem) *simSlot {
	return &simSlot{
		modem: m, answers: "/dev/ttyUSB2", changed: make(chan struct{}),
		ports: []usb.Device{{Path: "/dev/ttyUSB2", VID: "12d1", PID: "1506", Unit: "1-1"}},
	}
}

// change changes something and wakes whoever waits.
func (s *simSlot) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *simSlot) list() ([]usb.Device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]usb.Device(nil), s.ports...), s.listErr
}

func (s *simSlot) open(path string, _ int, _ bool) (usb.SerialLine, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.openErr != nil {
		return nil, s.openErr
	}
	l := &simLine{simSlot: s, dumb: path != s.answers}
	s.lines = append(s.lines, l)
	return l, nil
}

// unplug pulls the modem out.
func (s *simSlot) unplug() {
	s.change(func() {
		s.ports = nil
		for _, l := range s.lines {
			l.pulled = true
		}
		s.lines = nil
	})
}

type simLine struct {
	*simSlot
	dumb, pulled, closed bool
	by                   time.Time
}

func (l *simLine) Read(p []byte) (int, error) {
	for {
		l.mu.Lock()
		if l.closed || l.pulled {
			defer l.mu.Unlock()
			return 0, map[bool]error{true: os.ErrClosed, false: io.EOF}[l.closed]
		}
		due, changed := time.Time{}, l.changed
		if !l.dumb {
			said := l.modem.Take(time.Now())
			if len(said) > 0 {
				if len(said) > len(p) {
					l.modem.Say(string(said[len(p):]), time.Now()) // at the end: nothing else is said in the tests that come here
				}
				l.mu.Unlock()
				return copy(p, said), nil
			}
			due = l.modem.Due()
		}
		l.mu.Unlock()
		wait(changed, due)
	}
}

// wait waits for a change, or a time, zero: none.
func wait(changed <-chan struct{}, due time.Time) {
	if due.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}

func (l *simLine) Write(p []byte) (int, error) {
	for {
		l.mu.Lock()
		changed, by := l.changed, l.by
		switch {
		case l.closed:
			l.mu.Unlock()
			return 0, os.ErrClosed
		case l.pulled:
			l.mu.Unlock()
			return 0, syscall.EIO
		case !by.IsZero() && !time.Now().Before(by):
			l.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		case !l.stalled:
			l.mu.Unlock()
			if !l.dumb {
				l.change(func() { l.modem.Feed(p, time.Now()) })
			}
			return len(p), nil
		}
		l.mu.Unlock()
		wait(changed, by)
	}
}

func (l *simLine) SetWriteDeadline(t time.Time) error {
	l.change(func() { l.by = t })
	return nil
}

func (l *simLine) SetDTR(on bool) error {
	if l.noDTR {
		return syscall.ENOTTY
	}
	l.change(func() { l.modem.SetDTR(on, time.Now()) })
	return nil
}

func (l *simLine) Carrier() (bool, error) {
	if l.noDTR {
		return false, syscall.ENOTTY
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.modem.Carrier(), nil
}

func (l *simLine) Unsent() int { return 0 }

func (l *simLine) Close() error {
	l.change(func() { l.closed = true })
	return nil
}

// plugged runs f with a Modem at the slot, in a bubble, and checks that nothing is left.
func plugged(t *testing.T, slot func() *simSlot, f func(t *testing.T, s *simSlot, m *usb.Modem)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := slot()
		m := &usb.Modem{Name: "stick", Select: usb.Selector{ID: "12D1:1506"}}
		usb.PlugIn(m, s.list, s.open)
		if s.setUp != nil {
			s.setUp(m)
		}
		var group sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		group.Go(func() {
			if err := m.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		f(t, s, m)
		cancel()
		group.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, l := range s.lines {
			if !l.closed {
				t.Error("a port is left open")
			}
		}
		if s.modem.InCall() && !s.stalled && len(s.ports) > 0 {
			t.Error("a call is left")
		}
	})
}

// awaitState waits in virtual time.
func awaitState(t *testing.T, m *usb.Modem, want usb.State, most time.Duration) {
	t.Helper()
	for end := time.Now().Add(most); m.Status().State != want; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is %v (%v), not %v, after %v", m.Status().State, m.Status().Why, want, most)
		}
	}
}

func echoSlot() *simSlot {
	return newSlot(&simulated.ATModem{Numbers: map[string]simulated.Subscriber{farNumber: {}, "+7900": {Result: "BUSY"}, "+7901": {Result: "-"}}})
}

// exchangeBytes writes p and wants it back from an echo.
func exchangeBytes(t *testing.T, s *relay.Session, p []byte) {
	t.Helper()
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() {
		if n, err := s.Write(p); n != len(p) || err != nil {
			t.Errorf("wrote %d of %d: %v", n, len(p), err)
		}
	})
	var got []byte
	if err := s.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	err := s.Receive(func(q []byte) bool {
		got = append(got, q...)
		return len(got) < len(p)
	})
	if err != nil || string(got) != string(p) {
		t.Errorf("got %d of %d bytes back, %v", len(got), len(p), err)
	}
}

func allBytes(times int) []byte {
	p := make([]byte, 256*times)
	for i := range p {
		p[i] = byte(i)
	}
	return p
}

var errTestEnd = errors.New("end of the test")
