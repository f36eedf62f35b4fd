package dialup

import (
	"context"
	"time"

	"meterline/bridge/modem"
	"meterline/vport/hayes"
)

// Name returns the port's path.
func (p *Port) Name() string { return p.cfg.Spec.Address }

// ringing is the modem that rings at a port. Its owner guards it by a mutex.
type ringing struct {
	modem *modem.Modem // nil if there is none
	end   *time.Timer
}

// take returns the modem that rings, nil if there is none. It does not ring any more.
func (r *ringing) take() *modem.Modem {
	m := r.modem
	if m != nil {
		r.end.Stop()
	}
	r.modem = nil
	return m
}

// Ring starts ringing for m, and reports whether it does: a program must have the port open, and the emulated modem must be idle.
func (p *Port) Ring(m *modem.Modem, caller string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answers >= answersMax { // a program that does not read answers no call, and RING results would pile up
		return false
	}
	if !p.open || p.call != nil || p.ringing.modem != nil || p.hayes.State().Phase != hayes.Command {
		return false
	}
	p.ringing = ringing{m, time.AfterFunc(modem.RingFor, func() { m.Ringing().Expired(p) })}
	p.history.rang = m.Name()
	p.applyAndWake(p.hayes.Ring(caller, time.Now()))
	return true
}

// Stop stops ringing for m.
func (p *Port) Stop(m *modem.Modem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ringing.modem == m {
		p.ringing.take()
		p.applyAndWake(p.hayes.StopRing(time.Now()))
	}
}

// answer accepts the call that rings.
func (p *Port) answer(ctx context.Context) {
	p.mu.Lock()
	m := p.ringing.take()
	if m == nil && !p.hangUpPending() { // the caller has just hung up
		p.apply(p.hayes.Failed(hayes.NoCarrier, time.Now()))
	}
	p.mu.Unlock()
	if m != nil {
		p.begin(ctx, p.newCall(m))
	}
}

// refuseRing refuses the call that rings, if there is one.
func (p *Port) refuseRing() {
	p.mu.Lock()
	m := p.ringing.take()
	p.mu.Unlock()
	if m != nil {
		m.Ringing().Ended(p)
	}
}
