package bridge

import (
	"context"
	"fmt"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/relay"
)

// UnknownCaller is a caller that no modem's identity matched.
type UnknownCaller = relay.Caller

// Unknown returns the callers that no modem's identity matched, the latest first.
func (b *Bridge) Unknown() []UnknownCaller { return b.unknown.All() }

// find returns the modem that is called name, or that has the port of that name or path. port is the path if a port was named.
func (b *Bridge) find(name string) (m *modem.Modem, port string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for path, p := range b.ports {
		if path == name || p.it.Config().Name == name && !p.it.Config().Own {
			return p.it.Access().Modem(), path, nil
		}
	}
	if p := b.dialups[name]; p != nil {
		if m := p.it.Other(); m != nil {
			return m, name, nil
		}
		return nil, "", fmt.Errorf("port %s has no call: there is nobody at its other end", name)
	}
	if mem := b.modems[name]; mem != nil {
		return mem.it, "", nil
	}
	for _, c := range b.cfg.Modems {
		if c.Name == name && c.Disabled {
			return nil, "", fmt.Errorf("modem %s is disabled in the configuration", name)
		}
	}
	return nil, "", fmt.Errorf("there is no modem or port %q in the configuration", name)
}

// Kick ends the present session of a modem; name is the modem's name, or that of one of its ports. What its program has written is
// still sent, for at most two seconds.
func (b *Bridge) Kick(name string) error {
	m, _, err := b.find(name)
	if err != nil {
		return err
	}
	return m.Kick()
}

// Wake wakes a modem now, for the operator's own trial, without the pauses of its fallback; see fallback.Reach.Wake.
func (b *Bridge) Wake(ctx context.Context, name string) (fallback.WakeResult, error) {
	m, _, err := b.find(name)
	if err != nil {
		return fallback.WakeResult{}, err
	}
	r := b.reaches.of(m)
	if r == nil {
		return fallback.WakeResult{}, fallback.NoFallback(m)
	}
	return r.Wake(ctx)
}

// ForgetPIN allows the PIN of a plugged-in modem to be tried again although a SIM has refused it: the modem has another SIM, or the
// SIM's PIN was changed.
func (b *Bridge) ForgetPIN(usb string) error {
	b.mu.Lock()
	mem := b.usb[usb]
	b.mu.Unlock()
	if mem == nil {
		return fmt.Errorf("no plugged-in modem is called %s", usb)
	}
	return mem.it.ForgetPIN()
}

// Watch calls f with what passes a modem or a port until ctx ends. A slow f does not slow the port: it misses pieces, and a Note says
// how many.
func (b *Bridge) Watch(ctx context.Context, name string, f func(status.Tapped)) error {
	m, port, err := b.find(name)
	if err != nil {
		return err
	}
	m.Watch(ctx, port, f)
	return nil
}

// Probe sends request to a modem that nobody has leased. It returns what comes until a silence of pause after the first byte, or until
// timeout. A modem that is called on demand is called.
func (b *Bridge) Probe(ctx context.Context, modem string, request []byte, timeout, pause time.Duration) ([]byte, error) {
	m, _, err := b.find(modem)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return m.Ask(ctx, request, pause)
}
