package sim

import (
	"context"
	"log/slog"
	"time"

	"meterline/relay/simulated"
)

// Sleeper is a simulated modem that has no session until it is woken by telephone.
type Sleeper struct {
	modem *simulated.Modem
	after time.Duration // how long it takes to call in
	stay  time.Duration // how long its session lasts, 0: to the end
	woken chan struct{} // of capacity 1: it has been woken
	log   *slog.Logger
}

// NewSleeper returns a modem that calls in some time after it is woken, and stays for the time of stay, 0: to the end.
func NewSleeper(modem *simulated.Modem, after, stay time.Duration, log *slog.Logger) *Sleeper {
	return &Sleeper{modem: modem, after: after, stay: stay, woken: make(chan struct{}, 1), log: log}
}

// Wake wakes the modem. It never waits. s may be nil, for a number that no modem has.
func (s *Sleeper) Wake() {
	if s == nil {
		return
	}
	select {
	case s.woken <- struct{}{}:
	default: // it has been woken already
	}
}

// Run runs the modem until ctx ends.
func (s *Sleeper) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-s.woken:
		}
		s.log.Info("woken", "calls_in_after", s.after, "at", s.modem.Call)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.after):
		}
		if err := s.callIn(ctx); err != nil {
			return err
		}
		select {
		case <-s.woken: // it was woken again while it had its session
		default:
		}
	}
	return nil
}

// callIn calls in, and keeps the session for as long as the modem stays.
func (s *Sleeper) callIn(ctx context.Context) error {
	stop := context.CancelFunc(func() {})
	if s.stay > 0 {
		ctx, stop = context.WithTimeout(ctx, s.stay)
	}
	defer stop()
	err := s.modem.Run(ctx)
	s.log.Info("asleep again")
	return err
}
