package bridge

import (
	"context"
	"fmt"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/bridge/status"
)

// Find returns why name can not be watched, nil if it can: see Watch.
func (b *Bridge) Find(name string) error {
	_, _, err := b.find(name)
	if b.exchange(name) != nil {
		return nil
	}
	return err
}

// find returns the modem for a name: the modem's own, or the name, path or device of a port. If a port was named, port is its path. The name
// of several dial-up ports means the first that has a call.
func (b *Bridge) find(name string) (m *modem.Modem, port string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.cfg.Ports {
		path := c.Spec.Address
		if p, ok := b.ports.has(path); ok && (path == name || c.Name == name && !c.Own || p.Device() == name && name != "") {
			return p.Access().Modem(), path, nil
		}
		p, ok := b.dialups.has(path)
		if !ok || path != name && c.Name != name && (p.Device() != name || name == "") {
			continue
		}
		if m := p.Other(); m != nil {
			return m, path, nil
		}
		err = fmt.Errorf("port %s has no call: there is nobody at its other end", path)
	}
	if m, ok := b.modems.has(name); ok {
		return m, "", nil
	}
	for _, c := range b.cfg.Modems {
		if c.Name == name && c.Disabled {
			err = fmt.Errorf("modem %s is disabled in the configuration", name)
		}
	}
	if err == nil {
		err = fmt.Errorf("no modem or port is called %q; see meterline status", name)
	}
	return nil, "", err
}

// Kick ends the present session of a modem. What its program has written is still sent, for two seconds at most. See find for name.
func (b *Bridge) Kick(name string) error {
	m, _, err := b.find(name)
	if err != nil {
		return err
	}
	return m.Kick()
}

// Wake wakes a modem now, as an operator's trial, without regard to the times of its fallback: see Reach.Wake.
func (b *Bridge) Wake(ctx context.Context, name string) (fallback.WakeResult, error) {
	m, _, err := b.find(name)
	if err != nil {
		return fallback.WakeResult{}, err
	}
	r := reachOf(m)
	if r == nil {
		return fallback.WakeResult{}, fallback.NoFallback(m)
	}
	return r.Wake(ctx)
}

// ForgetPIN has a plugged-in modem try its PIN again after the SIM has refused it: the SIM or the PIN has been changed.
func (b *Bridge) ForgetPIN(usb string) error {
	b.mu.Lock()
	queue, ok := b.usb.has(usb)
	b.mu.Unlock()
	if !ok {
		return fmt.Errorf("no plugged-in modem is called %s", usb)
	}
	return queue.ForgetPIN()
}

// Watch calls f with what passes a modem or a port until ctx ends. If the name is an exchange's it is what callers send until they have
// registered; raw shows their credentials as well. Watching never slows anything: if f is slow it misses pieces, and a note says how
// many.
func (b *Bridge) Watch(ctx context.Context, name string, raw bool, f func(status.Traffic)) error {
	m, port, err := b.find(name)
	e := b.exchange(name)
	switch {
	case err == nil:
		m.Watch(ctx, port, f)
	case e != nil:
		e.watch(ctx, raw, f)
	default:
		return err
	}
	return nil
}

// Probe sends request to a modem whose lease is free. It returns what comes until the modem is silent for pause, or until timeout. A modem
// that is called on demand is called.
func (b *Bridge) Probe(ctx context.Context, modem string, request []byte, timeout, pause time.Duration) ([]byte, error) {
	m, _, err := b.find(modem)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return m.Ask(ctx, request, pause)
}
