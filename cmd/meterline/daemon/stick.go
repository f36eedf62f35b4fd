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
		return &telephone{modem: m, log: log.With("usb", cfg.Name)}
	}
}

// Times of waiting for a plugged-in modem that is about to be ready.
const (
	telephonePatience = time.Minute
	telephoneLook     = 50 * time.Millisecond
)

// telephone makes a bridge.Telephone of a usb.Modem.
type telephone struct {
	modem *usb.Modem
	log   *slog.Logger
}

func (t *telephone) Run(ctx context.Context) error { return t.modem.Run(ctx) }

// ReportTo is told before Run to whom the modem reports.
func (t *telephone) ReportTo(r fallback.Reports) {
	t.modem.Message = r.Message
	t.modem.PIN = func(step usb.PINStep, iccid string) error {
		err := r.PIN(step, iccid)
		if step == usb.PINRefused {
			t.log.Error("the SIM has refused the PIN, it is not tried again: write another one into its file", "iccid", iccid)
		}
		return err
	}
}

// ForgetPIN lets a PIN be tried again.
func (t *telephone) ForgetPIN() { t.modem.ForgetPIN() }

func (t *telephone) Call(ctx context.Context, number string) (*relay.Session, error) {
	t.settle(ctx)
	return t.modem.Call(ctx, number)
}

func (t *telephone) Ring(ctx context.Context, number string, long time.Duration) (at.RingResult, error) {
	t.settle(ctx)
	r, err := t.modem.Ring(ctx, number, long)
	if r.Note != "" {
		t.log.Warn("missed call", "number", number, "note", r.Note)
	}
	return r.Ring, err
}

func (t *telephone) SMS(ctx context.Context, number, text string) error {
	t.settle(ctx)
	return t.modem.SMS(ctx, number, text)
}

// settle waits for a modem that is being started, or still hangs up the call before: the next one's turn comes at once.
func (t *telephone) settle(ctx context.Context) {
	tick := time.NewTicker(telephoneLook)
	defer tick.Stop()
	for end := time.Now().Add(telephonePatience); time.Now().Before(end); {
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

// State is what the modem does, in words.
func (t *telephone) State() string {
	s := t.modem.Status()
	state := cmp.Or(s.Doing, s.State.String())
	if s.Why != nil {
		state += ": " + s.Why.Error()
	}
	return state
}

// Problem is why nobody can be reached by the modem, empty if all is well.
func (t *telephone) Problem() string {
	switch s := t.modem.Status(); s.State {
	case usb.Absent, usb.Failed:
		return t.State()
	}
	return ""
}

// About is what the modem has told of itself and of its network.
func (t *telephone) About() []string {
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
