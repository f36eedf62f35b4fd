package daemon

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"meterline/bridge/fallback"
	"meterline/relay"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

// PluggedIn returns what makes the plugged-in modem of a configuration.
func PluggedIn(log *slog.Logger) func(cfg fallback.Config) fallback.Stick {
	return func(cfg fallback.Config) fallback.Stick {
		m := &usb.Modem{Name: cfg.Name, Select: cfg.Select, Speed: cfg.Speed, RTSCTS: cfg.RTSCTS, AT: cfg.AT, Log: log}
		return &stick{modem: m, log: log.With("usb", cfg.Name)}
	}
}

// How long, and how often, awaitReady looks at a plugged-in modem.
const (
	stickPatience = time.Minute
	stickLook     = 50 * time.Millisecond
)

// stick makes a usb.Modem a fallback.Stick.
type stick struct {
	modem *usb.Modem
	log   *slog.Logger
}

func (t *stick) Run(ctx context.Context) error { return t.modem.Run(ctx) }

// ReportTo sets the functions that the modem calls when something happens. It is called before Run.
func (t *stick) ReportTo(r fallback.Reports) {
	t.modem.Message = r.Message
	t.modem.PIN = func(step usb.PINStep, iccid string) error {
		err := r.PIN(step, iccid)
		if step == usb.PINRefused {
			t.log.Error("the SIM has refused the PIN, it is not tried again: write another one into its file", "iccid", iccid)
		}
		return err
	}
}

// ForgetPIN allows a refused PIN to be tried again.
func (t *stick) ForgetPIN() { t.modem.ForgetPIN() }

func (t *stick) Call(ctx context.Context, number string) (*relay.Session, error) {
	t.awaitReady(ctx)
	return t.modem.Call(ctx, number)
}

func (t *stick) Ring(ctx context.Context, number string, long time.Duration) (at.RingResult, error) {
	t.awaitReady(ctx)
	r, err := t.modem.Ring(ctx, number, long)
	if r.Note != "" {
		t.log.Warn("missed call", "number", number, "note", r.Note)
	}
	return r.Ring, err
}

func (t *stick) SMS(ctx context.Context, number, text string) error {
	t.awaitReady(ctx)
	return t.modem.SMS(ctx, number, text)
}

// awaitReady waits for a modem that is starting, or still hanging up: the queue gives it to the next far modem at once.
func (t *stick) awaitReady(ctx context.Context) {
	tick := time.NewTicker(stickLook)
	defer tick.Stop()
	for end := time.Now().Add(stickPatience); time.Now().Before(end); {
		switch t.modem.Status().State {
		case usb.Ready, usb.Absent, usb.Failed:
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// State describes what the modem does.
func (t *stick) State() string {
	s := t.modem.Status()
	state := cmp.Or(s.Doing, s.State.String())
	if s.Why != nil {
		state += ": " + s.Why.Error()
	}
	return state
}

// Problem returns why the modem can reach nobody, empty if it can.
func (t *stick) Problem() string {
	switch s := t.modem.Status(); s.State {
	case usb.Absent, usb.Failed:
		return t.State()
	}
	return ""
}

// About returns what the modem has told of itself and of its network.
func (t *stick) About() []string {
	s := t.modem.Status()
	var about []string
	tell := func(label, value string) {
		if value != "" {
			about = append(about, label+": "+value)
		}
	}
	if s.State == usb.Absent || s.Device.Path == "" {
		return nil
	}
	tell("device", s.Device.String())
	if s.InfoAt.IsZero() {
		return about
	}
	tell("model", strings.TrimSpace(s.Info.Maker+" "+s.Info.Model))
	tell("firmware", s.Info.Firmware)
	tell("imei", s.Info.IMEI)
	if s.Info.Cellular {
		tell("operator", s.Info.Operator)
		tell("registration", s.Info.Registration.String())
	}
	if s.Info.Signal != 0 {
		tell("signal", fmt.Sprintf("%d dBm", s.Info.Signal))
	}
	tell("note", s.Info.Note)
	return about
}
