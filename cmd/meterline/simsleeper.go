package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"meterline/relay/relaytest"
)

// simWake is how simulated modems behave that can be woken by telephone.
type simWake struct {
	after, stay time.Duration
}

func (w *simWake) flags(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&w.after, "woken-after", 5*time.Second, "with --usb-modem and --call: how long a modem that is woken takes to call in")
	cmd.Flags().DurationVar(&w.stay, "stay", time.Minute, "with --usb-modem and --call: how long it stays then; 0: until the end")
}

// needCall are the flags that say how a modem calls in, which one that is only called by telephone never does.
var needCall = []string{
	"profile", "id", "imei", "register", "heartbeat-every", "delay-max", "fragment", "shuffle", "lose-every", "woken-after", "stay",
}

// checkWake says which flags do not go together.
func (v *simVerb) checkWake(cmd *cobra.Command) error {
	flags := cmd.Flags()
	for _, name := range []string{"woken-after", "stay"} {
		if flags.Changed(name) && v.link == "" {
			return fmt.Errorf("--%s: it goes with --usb-modem and --call", name)
		}
	}
	for _, name := range needCall {
		if flags.Changed(name) && v.link != "" && v.settings.Call == "" {
			return fmt.Errorf("--%s: write --call ADDRESS too, of the exchange that the modem calls when it is woken", name)
		}
	}
	if v.wake.after < 0 || v.wake.stay < 0 {
		return errors.New("--woken-after, --stay: write a time such as 5s")
	}
	return nil
}

// sleeper is a simulated modem without a session, until it is woken by telephone.
type sleeper struct {
	simWake
	modem *relaytest.Modem
	woken chan struct{} // of capacity one
	log   *slog.Logger
}

// sleeping are the modems that the flags ask for, none without --call.
func (v *simVerb) sleeping(log *slog.Logger) ([]*sleeper, error) {
	if v.settings.Call == "" {
		return nil, v.checkCount()
	}
	modems, err := v.modems(log)
	if err != nil {
		return nil, err
	}
	sleepers := make([]*sleeper, len(modems))
	for i, m := range modems {
		sleepers[i] = &sleeper{simWake: v.wake, modem: m, woken: make(chan struct{}, 1), log: log.With("modem", m.Name)}
	}
	return sleepers, nil
}

// wake never waits. Nobody is woken by a number that is not there: s may be nil.
func (s *sleeper) wake() {
	if s == nil {
		return
	}
	select {
	case s.woken <- struct{}{}:
	default: // it has been woken already
	}
}

// run is the modem's life until ctx ends.
func (s *sleeper) run(ctx context.Context) error {
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
func (s *sleeper) callIn(ctx context.Context) error {
	stop := context.CancelFunc(func() {})
	if s.stay > 0 {
		ctx, stop = context.WithTimeout(ctx, s.stay)
	}
	defer stop()
	err := s.modem.Run(ctx)
	s.log.Info("asleep again")
	return err
}
