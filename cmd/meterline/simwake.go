package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/sim"
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

// sleeping are the modems that the flags ask for, none without --call.
func (v *simVerb) sleeping(log *slog.Logger) ([]*sim.Sleeper, error) {
	if v.settings.Call == "" {
		return nil, v.checkCount()
	}
	modems, err := v.modems(log)
	if err != nil {
		return nil, err
	}
	sleepers := make([]*sim.Sleeper, len(modems))
	for i, m := range modems {
		sleepers[i] = sim.NewSleeper(m, v.wake.after, v.wake.stay, log.With("modem", m.Name))
	}
	return sleepers, nil
}
