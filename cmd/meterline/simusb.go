package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"meterline/relay/at"
	"meterline/relay/relaytest"
)

// runPluggedIn is a simulated GSM modem with a meter behind each of its numbers.
func (v *simVerb) runPluggedIn(ctx context.Context, w io.Writer, log *slog.Logger) error {
	modem, err := v.pluggedIn(log)
	if err != nil {
		return usageError(err)
	}
	if err := say(w, "SIMULATED: a plugged-in modem at %s, %s, all readings are invented; Ctrl-C ends", v.link, counted(len(modem.Numbers), "number")); err != nil {
		return err
	}
	return (&relaytest.ATStick{Modem: modem, Link: v.link, Log: log}).Run(ctx)
}

func (v *simVerb) pluggedIn(log *slog.Logger) (*relaytest.ATModem, error) {
	if v.count < 1 || v.count > maxSimulated {
		return nil, fmt.Errorf("--count %d: write a number from 1 to %d", v.count, maxSimulated)
	}
	if v.dial.number == "" {
		return nil, errors.New("--usb-modem: write --number too, such as +79180001122: who can be called")
	}
	m := &relaytest.ATModem{Numbers: make(map[string]relaytest.Subscriber, v.count), Delay: v.settings.Delay}
	for i := range v.count {
		number, f := parseNumber(v.dial.number)
		if f != nil {
			return nil, fmt.Errorf("--number: %s: %s", f.what, f.hint)
		}
		plus, digits := number[:strings.Count(number, "+")], strings.TrimPrefix(number, "+")
		digits, err := increase(digits, i)
		if err != nil {
			return nil, fmt.Errorf("--number %s: %w", number, err)
		}
		if err := at.CheckNumber(plus + digits); err != nil {
			return nil, fmt.Errorf("--number: %w", err)
		}
		meter, err := relaytest.NewMeter(v.settings.Meter, v.settings.Unit, v.settings.Address)
		if err != nil {
			return nil, err
		}
		m.Numbers[plus+digits] = relaytest.Subscriber{Meter: meter}
	}
	m.OnSMS = func(number, text string) { log.Info("a text message was sent", "number", number, "text", text) }
	m.OnRing = func(number string, rang time.Duration) {
		log.Info("a call was let ring", "number", number, "rang", rang.Round(time.Second))
	}
	return m, nil
}
