package bridge

import (
	"context"
	"time"

	"meterline/vport/hayes"
)

// ringFor is how long a session rings that nobody answers.
const ringFor = time.Minute

// unused tells whether nobody has the modem, or only a call that is over and has not been cleared yet. The mutex is held.
func (m *modem) unused() bool {
	return m.holder == nil || m.holder.program != nil && m.holder.program.Over()
}

// ring lets a dial-up port ring for a session that the modem has begun, where it is to. It is tried again when a call that was in
// the way has been cleared: modems come back faster than that. The modem's mutex is held.
func (m *modem) ring() {
	if m.cfg.Ring == "" || m.ringers == nil || m.ringing != nil || !m.unrung || m.holder != nil || m.session == nil || time.Since(m.session.Since()) > ringFor {
		return
	}
	caller := m.cfg.Name
	if len(m.cfg.Numbers) > 0 {
		caller = m.cfg.Numbers[0]
	}
	for _, p := range m.ringers(m.cfg.Ring) {
		if p.Ring(m, caller) {
			m.ringing, m.unrung = p, false
			m.log.Info("rings", "port", p.Name())
			return
		}
	}
	m.log.Info("nobody to ring", "ring", m.cfg.Ring)
}

// Ring lets a dial-up port ring, where the session is to ring and could not before.
func (m *modem) Ring() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ring()
}

// ringIsOver lets the ringing end, unless it is h's phone that rings: that one answers. The modem's mutex is held.
func (m *modem) ringIsOver(h *Access) {
	p := m.ringing
	if p == nil {
		return
	}
	m.ringing = nil
	if h != nil && h.ringer == p {
		return
	}
	p.Stop(m)
}

// Name is how operators know the port.
func (p *phone) Name() string { return p.cfg.Spec.Address }

// Ring begins to ring, if a program is there and the line is free. The modem's mutex is held.
func (p *phone) Ring(m *modem, caller string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answers >= answersMax { // a program that reads nothing answers no call, and what rings would pile up
		return false
	}
	if !p.open || p.call != nil || p.ringer != nil || p.hayes.State().Phase != hayes.Command {
		return false
	}
	p.ringer = m
	p.ringEnd = time.AfterFunc(ringFor, func() { m.RingNoMore(p) })
	p.heard(p.hayes.Ring(caller, time.Now()))
	return true
}

// Stop ends the ringing for m.
func (p *phone) Stop(m *modem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ringer == m {
		p.ringer = nil
		p.ringEnd.Stop()
		p.heard(p.hayes.StopRing(time.Now()))
	}
}

// answer takes the call that rings.
func (p *phone) answer(ctx context.Context) {
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
	p.begin(ctx, p.newCall(m, m.cfg.Name))
}

// noRing refuses the call that rings, if any.
func (p *phone) noRing() {
	p.mu.Lock()
	m := p.ringer
	p.ringer = nil
	p.mu.Unlock()
	if m == nil {
		return
	}
	m.RingRefused(p)
}
