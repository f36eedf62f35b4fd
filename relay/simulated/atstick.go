package simulated

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// ATStick is an ATModem on a pseudo-terminal, plugged into this machine for all that a program can see. It can be pulled out
// and plugged in again. Linux only.
type ATStick struct {
	Modem *ATModem     // to be touched by Do alone while Run runs
	Link  string       // where the port is found: a symbolic link, made anew each time it is plugged in
	Log   *slog.Logger // nil: none

	mu     sync.Mutex // guards Modem and what follows
	out    bool       // it is pulled out
	signal chan struct{}
	nudged atomic.Bool // Run has not looked since
	device string
}

// Do gives f the modem, between two bytes. What f changes takes effect at once. Neither f nor the modem's OnSMS, OnRing and OnDial may call
// the stick, nor wait.
func (s *ATStick) Do(f func(m *ATModem, now time.Time)) {
	s.mu.Lock()
	f(s.Modem, time.Now())
	s.mu.Unlock()
	s.nudge()
}

// Unplug pulls the modem out: its port is gone, also for who has it open.
func (s *ATStick) Unplug() { s.plug(false) }

// Plug plugs the modem in again, in command mode; its port has another name then.
func (s *ATStick) Plug() { s.plug(true) }

func (s *ATStick) plug(in bool) {
	s.mu.Lock()
	s.out = !in
	s.mu.Unlock()
	s.nudge()
}

// Device is the port behind the link, "" while the modem is pulled out.
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

// Run plugs the modem in and keeps it going until ctx ends, and then returns nil; an error says that it cannot.
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
