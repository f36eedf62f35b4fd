package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
	"meterline/cmd/meterline/sim"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
	"meterline/relay/usb/at"
)

// runPluggedIn is a simulated GSM modem with a meter behind each of its numbers, and with --call a modem that can be woken.
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

// pluggedIn is the modem that the flags ask for, and by number those behind it that can be woken.
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

// nextNumber is a telephone number with i added to it.
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
