package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
	"meterline/cmd/meterline/sim"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
	"meterline/relay/usb/at"
)

// runPluggedIn runs a simulated GSM modem. Behind each of its numbers there is a meter and, with --call, a modem that can be woken.
func (v *simVerb) runPluggedIn(ctx context.Context, w io.Writer, log *slog.Logger) error {
	modem, sleepers, err := v.pluggedIn(log)
	if err != nil {
		return exit.UsageError(err)
	}
	wakes := ""
	if len(sleepers) > 0 {
		wakes = ", which call in at " + v.settings.Call + " when they are woken"
	}
	if err := render.Say(w, "SIMULATED: a plugged-in modem at %s, %s%s, all readings are invented; Ctrl-C ends", v.link, render.Counted(len(modem.Numbers), "number"), wakes); err != nil {
		return err
	}
	all := []func(context.Context) error{(&simulated.ATStick{Modem: modem, Link: v.link, Log: log}).Run}
	for _, s := range sleepers {
		all = append(all, s.Run)
	}
	return together(ctx, all)
}

// pluggedIn returns the modem that the flags ask for and, by number, the modems behind it that can be woken.
func (v *simVerb) pluggedIn(log *slog.Logger) (*simulated.ATModem, map[string]*sim.Sleeper, error) {
	sleeping, err := v.sleeping(log)
	if err != nil {
		return nil, nil, err
	}
	m := &simulated.ATModem{Numbers: make(map[string]simulated.Subscriber, v.count), Delay: v.settings.Delay}
	sleepers := make(map[string]*sim.Sleeper, len(sleeping))
	for i := range v.count {
		number, err := nextNumber(v.dial.number, i)
		if err != nil {
			return nil, nil, err
		}
		meter, err := meters.New(v.settings.Meter, v.settings.Unit, v.settings.Address)
		if err != nil {
			return nil, nil, err
		}
		m.Numbers[number] = simulated.Subscriber{Meter: meter}
		if len(sleeping) > 0 {
			sleepers[number] = sleeping[i]
		}
	}
	m.OnSMS = func(number, text string) {
		log.Info("a text message was sent", "number", number, "text", text)
		sleepers[number].Wake()
	}
	m.OnRing = func(number string, rang time.Duration) {
		log.Info("a call was let ring", "number", number, "rang", rang.Round(time.Second))
		sleepers[number].Wake()
	}
	return m, sleepers, nil
}

// nextNumber returns a telephone number plus i.
func nextNumber(text string, i int) (string, error) {
	if text == "" {
		return "", errors.New("--usb-modem: write --number too, such as +79180001122: who can be called")
	}
	number, err := config.PhoneNumber(text)
	if err != nil {
		return "", fmt.Errorf("--number: %w", err)
	}
	plus, digits := number[:strings.Count(number, "+")], strings.TrimPrefix(number, "+")
	digits, err = increase(digits, i)
	if err != nil {
		return "", fmt.Errorf("--number %s: %w", number, err)
	}
	if err := at.CheckNumber(plus + digits); err != nil {
		return "", fmt.Errorf("--number: %w", err)
	}
	return plus + digits, nil
}

// simWake are the flags of simulated modems that can be woken by telephone.
type simWake struct {
	after, stay time.Duration
}

func (w *simWake) flags(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&w.after, "woken-after", 5*time.Second, "with --usb-modem and --call: how long a modem that is woken takes to call in")
	cmd.Flags().DurationVar(&w.stay, "stay", time.Minute, "with --usb-modem and --call: how long it stays then; 0: until the end")
}

// needCall are the flags that say how a modem calls in. They need --call: without it modems are only called by telephone.
var needCall = []string{
	"profile", "id", "imei", "register", "heartbeat-every", "delay-max", "fragment", "shuffle", "lose-every", "woken-after", "stay",
}

// checkWake returns an error if flags do not go together.
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

// sleeping returns the modems that the flags ask for, none without --call.
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
