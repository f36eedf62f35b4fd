package dialup

import (
	"context"
	"time"

	"meterline/bridge/modem"
	"meterline/vport/hayes"
)

// Name returns the port's path.
func (p *Port) Name() string { return p.cfg.Spec.Address }

// Ring starts ringing for m, and reports whether it does: a program must have the port open, and the emulated modem must be idle.
func (p *Port) Ring(m *modem.Modem, caller string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answers >= answersMax { // a program that does not read answers no call, and RING results would pile up
		return false
	}
	if !p.open || p.call != nil || p.ringer != nil || p.hayes.State().Phase != hayes.Command {
		return false
	}
	p.ringer, p.history.rang = m, m.Name()
	p.ringEnd = time.AfterFunc(modem.RingFor, func() { m.Ringing().Expired(p) })
	p.applyAndWake(p.hayes.Ring(caller, time.Now()))
	return true
}

// Stop stops ringing for m.
func (p *Port) Stop(m *modem.Modem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ringer == m {
		p.ringer = nil
		p.ringEnd.Stop()
		p.applyAndWake(p.hayes.StopRing(time.Now()))
	}
}

// answer accepts the call that rings.
func (p *Port) answer(ctx context.Context) {
	p.mu.Lock()
	m := p.ringer
	p.ringer = nil
	if m == nil { // the caller has just hung up
		p.apply(p.hayes.Failed(hayes.NoCarrier, time.Now()))
		p.mu.Unlock()
		return
	}
	p.ringEnd.Stop()
	p.mu.Unlock()
	p.begin(ctx, p.newCall(m))
}

// refuseRing refuses the call that rings, if there is one.
func (p *Port) refuseRing() {
	p.mu.Lock()
	m := p.ringer
	p.ringer = nil
	if m != nil {
		p.ringEnd.Stop()
	}
	p.mu.Unlock()
	if m != nil {
		m.Ringing().Ended(p)
	}
}
