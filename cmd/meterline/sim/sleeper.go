package sim

import (
	"context"
	"log/slog"
	"time"

	"meterline/relay/simulated"
)

// Sleeper is a simulated modem without a session, until it is woken by telephone.
type Sleeper struct {
	modem *simulated.Modem
	after time.Duration // that it takes to call in
	stay  time.Duration // of its session, 0: until the end
	woken chan struct{} // of capacity one
	log   *slog.Logger
}

// NewSleeper is a modem that calls in after the time of after when it is woken, and stays for stay, 0: until the end.
func NewSleeper(modem *simulated.Modem, after, stay time.Duration, log *slog.Logger) *Sleeper {
	return &Sleeper{modem: modem, after: after, stay: stay, woken: make(chan struct{}, 1), log: log}
}

// Wake never waits. Nobody is woken by a number that is not there: s may be nil.
func (s *Sleeper) Wake() {
	if s == nil {
		return
	}
	select {
	case s.woken <- struct{}{}:
	default: // it has been woken already
	}
}

// Run is the modem's life until ctx ends.
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
		case <-s.woken: // while it was awake
		default:
		}
	}
	return nil
}

// callIn keeps a session for as long as the modem stays.
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
