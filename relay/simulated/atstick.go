package simulated

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// ATStick is an ATModem on a pseudo-terminal. To programs it looks like a modem plugged into this machine. It can be pulled out
// and plugged in again. Linux only.
type ATStick struct {
	Modem *ATModem     // to be used only through Do while Run runs
	Link  string       // where the port is found: a symbolic link, made anew each time it is plugged in
	Log   *slog.Logger // nil: none

	mu     sync.Mutex // guards Modem and what follows
	out    bool       // it has been pulled out
	signal chan struct{}
	nudged atomic.Bool // Run has not looked since
	device string
}

// Do calls f with the modem, between two bytes. What f changes takes effect at once. Neither f nor the modem's OnSMS, OnRing
// and OnDial may call the stick, or block.
func (s *ATStick) Do(f func(m *ATModem, now time.Time)) {
	s.mu.Lock()
	f(s.Modem, time.Now())
	s.mu.Unlock()
	s.nudge()
}

// Unplug pulls the modem out: its port is gone, also for programs that have it open.
func (s *ATStick) Unplug() { s.plug(false) }

// Plug plugs the modem in again, in command mode. Its port then has another name.
func (s *ATStick) Plug() { s.plug(true) }

func (s *ATStick) plug(in bool) {
	s.mu.Lock()
	s.out = !in
	s.mu.Unlock()
	s.nudge()
}

// Device returns the port that the link leads to, "" while the modem is pulled out.
func (s *ATStick) Device() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.device
}

// nudge wakes Run.
func (s *ATStick) nudge() {
	s.nudged.Store(true)
	select {
	case s.nudges() <- struct{}{}:
	default:
	}
}

func (s *ATStick) nudges() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.signal == nil {
		s.signal = make(chan struct{}, 1)
	}
	return s.signal
}

func (s *ATStick) pulledOut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out
}

// Run plugs the modem in and runs it until ctx ends, and then returns nil. It is an error if it cannot.
func (s *ATStick) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if s.pulledOut() {
			select {
			case <-s.nudges():
			case <-ctx.Done():
			}
			continue
		}
		if err := s.runOnce(ctx); err != nil {
			return err
		}
	}
	return nil
}
