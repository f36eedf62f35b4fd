package dialup

import (
	"context"
	"time"

	"meterline/bridge/modem"
	"meterline/vport/hayes"
)

// Name is how operators know the port.
func (p *Port) Name() string { return p.cfg.Spec.Address }

// Ring begins to ring, if a program is there and the line is free.
func (p *Port) Ring(m *modem.Modem, caller string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answers >= answersMax { // a program that reads nothing answers no call, and what rings would pile up
		return false
	}
	if !p.open || p.call != nil || p.ringer != nil || p.hayes.State().Phase != hayes.Command {
		return false
	}
	p.ringer = m
	p.ringEnd = time.AfterFunc(modem.RingFor, func() {
		p.Stop(m)
		m.Ringing().Ended(p)
	})
	p.heard(p.hayes.Ring(caller, time.Now()))
	return true
}

// Stop ends the ringing for m.
func (p *Port) Stop(m *modem.Modem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ringer == m {
		p.ringer = nil
		p.ringEnd.Stop()
		p.heard(p.hayes.StopRing(time.Now()))
	}
}

// answer takes the call that rings.
func (p *Port) answer(ctx context.Context) {
	p.mu.Lock()
	m := p.ringer
	p.ringer = nil
	if m == nil { // the caller has gone at this moment
		p.happen(p.hayes.Failed(hayes.NoCarrier, time.Now()))
		p.mu.Unlock()
		return
	}
	p.ringEnd.Stop()
	p.mu.Unlock()
	p.begin(ctx, p.newCall(m, m.Name()))
}

// noRing refuses the call that rings, if any.
func (p *Port) noRing() {
	p.mu.Lock()
	m := p.ringer
	p.ringer = nil
	p.mu.Unlock()
	if m == nil {
		return
	}
	m.Ringing().Ended(p)
}
