package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"meterline/bridge"
	"meterline/relay"
)

// pluggedIn makes the modems plugged into this machine, and remembers over reloads which PINs were refused: one that is tried
// three times locks the SIM.
type pluggedIn struct {
	log *slog.Logger

	mu      sync.Mutex
	refused map[refusedPIN]bool
}

// refusedPIN is a PIN and the table or device that it was refused at: neither another name nor another place makes it right.
type refusedPIN struct {
	name   string
	device relay.USBSelect
	pin    string
}

func newPluggedIn(log *slog.Logger) *pluggedIn {
	return &pluggedIn{log: log, refused: make(map[refusedPIN]bool)}
}

func refusedPINs(cfg bridge.USBConfig) [2]refusedPIN {
	return [2]refusedPIN{{name: cfg.Name, pin: cfg.AT.PIN}, {device: cfg.Select, pin: cfg.AT.PIN}}
}

// telephone is the modem that cfg means.
func (p *pluggedIn) telephone(cfg bridge.USBConfig) bridge.Telephone {
	m := &relay.USBModem{
		Name: cfg.Name, Select: cfg.Select, Speed: cfg.Speed, RTSCTS: cfg.RTSCTS, AT: cfg.AT, Log: p.log,
		PIN: func(step relay.PINStep) {
			if step == relay.PINRefused {
				p.refuse(cfg)
			}
		},
	}
	m.AT.PINUsed = cfg.AT.PIN != "" && p.wasRefused(cfg)
	return &telephone{modem: m, log: p.log.With("usb", cfg.Name)}
}

func (p *pluggedIn) refuse(cfg bridge.USBConfig) {
	p.log.Error("the SIM has refused the PIN, it is not tried again before meterline is started anew", "usb", cfg.Name)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range refusedPINs(cfg) {
		p.refused[key] = true
	}
}

func (p *pluggedIn) wasRefused(cfg bridge.USBConfig) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range refusedPINs(cfg) {
		if p.refused[key] {
			return true
		}
	}
	return false
}

// Times of waiting for a plugged-in modem that is about to be ready.
const (
	telephonePatience = time.Minute
	telephoneLook     = 50 * time.Millisecond
)

// telephone makes a bridge.Telephone of a USBModem.
type telephone struct {
	modem *relay.USBModem
	log   *slog.Logger
}

func (t *telephone) Run(ctx context.Context) error { return t.modem.Run(ctx) }

func (t *telephone) Call(ctx context.Context, number string) (*relay.Session, error) {
	t.settle(ctx)
	return t.modem.Call(ctx, number)
}

func (t *telephone) Ring(ctx context.Context, number string, long time.Duration) error {
	t.settle(ctx)
	r, err := t.modem.Ring(ctx, number, long)
	if r.Note != "" {
		t.log.Warn("missed call", "number", number, "note", r.Note)
	}
	return err
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
		case relay.USBReady, relay.USBAbsent, relay.USBFailed:
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
	case relay.USBAbsent, relay.USBFailed:
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
	if s.State == relay.USBAbsent || s.Device.Path == "" {
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
