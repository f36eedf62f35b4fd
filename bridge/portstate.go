package bridge

import (
	"time"

	"meterline/bridge/status"
)

// settleNow looks at the state with the modem's mutex taken.
func (p *port) settleNow() {
	m := p.modem.Load()
	m.mu.Lock()
	defer m.mu.Unlock()
	p.settle(m)
}

// settle looks at what is known of the port and of its modem, and logs when that makes another state. The modem's mutex is
// held.
func (p *port) settle(m *modem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	showCarrier(p.device, m.session != nil)
	state := p.stateFrom(m)
	if state == p.state {
		return
	}
	p.log.Info("port "+string(state), "modem", m.cfg.Name, "was", string(p.state), "for", time.Since(p.since).Round(time.Millisecond))
	p.state, p.since = state, time.Now()
}

// stateFrom is the rule. Both mutexes are held.
func (p *port) stateFrom(m *modem) portState {
	mine := m.holder == holder(p)
	switch {
	case p.device == nil:
		return portDown
	case p.clearing:
		return portClearing
	case mine && m.session != nil:
		return portJoined
	case p.open && m.session == nil && (mine || m.cfg.OnOpen && m.holder == nil):
		return portWaiting
	}
	return portIdle
}

// label, deliver and interrupt make the port a holder.

func (p *port) label() string { return p.cfg.Spec.Address }

func (p *port) deliver(b []byte) (int, string) {
	p.mu.Lock()
	d := p.device
	p.mu.Unlock()
	n, reason := 0, status.DropNobody
	if d != nil {
		var err error
		n, err = d.Write(b)
		reason = status.NotDelivered(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to += int64(n)
	p.dropped.Add(reason, len(b)-n)
	return n, reason
}

func (p *port) interrupt(t time.Time) {
	p.mu.Lock()
	d := p.device
	p.mu.Unlock()
	if d != nil {
		_ = d.SetWriteDeadline(t) // a closed port needs none
	}
}
