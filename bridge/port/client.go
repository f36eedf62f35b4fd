package port

import (
	"errors"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
)

// StateChanged derives the port's state from its own and its modem's, shows it on the modem lines, and logs a change.
func (p *Port) StateChanged(v modem.View) {
	p.mu.Lock()
	d, now := p.device, time.Now()
	was, since, state := p.state, p.since, p.stateFrom(v)
	if state != was {
		p.state, p.since = state, now
	}
	p.mu.Unlock()
	ShowCarrier(d, v.Session)
	if state != was {
		p.log.Info("port "+string(state), "modem", v.Modem, "was", string(was), "for", now.Sub(since).Round(time.Millisecond))
	}
}

// stateFrom returns the state that follows from the port and its modem. The caller holds mu.
func (p *Port) stateFrom(v modem.View) State {
	mine := v.Holder == modem.Client(p)
	switch {
	case p.device == nil:
		return Down
	case v.Clearing:
		return Clearing
	case mine && v.Session:
		return Joined
	case p.open && !v.Session && (mine || v.OnOpen && v.Holder == nil):
		return Waiting
	}
	return Idle
}

// The other methods of modem.Client.

// Name returns the port's path.
func (p *Port) Name() string { return p.cfg.Spec.Address }

// Deliver writes b to the program.
func (p *Port) Deliver(b []byte) (int, string) {
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

// Interrupt sets the time at which a waiting Deliver gives up. The zero time means never.
func (p *Port) Interrupt(t time.Time) {
	p.mu.Lock()
	d := p.device
	p.mu.Unlock()
	if d != nil {
		_ = d.SetWriteDeadline(t) // a closed port needs none
	}
}

// DeliverUnread is like Deliver, but delivers nothing if the program has written bytes that nobody has read yet.
func (p *Port) DeliverUnread(b []byte, fresh func() bool, written func()) (n int, reason string, err error) {
	p.mu.Lock()
	d, ok := p.device.(vport.UnreadWriter)
	p.mu.Unlock()
	if !ok {
		return 0, "", vport.ErrUnsupported
	}
	n, err = d.WriteUnread(b, fresh, written)
	if errors.Is(err, vport.ErrUnread) {
		return 0, "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to += int64(n)
	reason = status.NotDelivered(err)
	p.dropped.Add(reason, len(b)-n)
	return n, reason, nil
}

// CatchUp sends what the program has written and nobody has read yet. It is called by the modem's goroutine.
func (p *Port) CatchUp() {
	p.mu.Lock()
	d, ok := p.device.(vport.CatchUpper)
	p.mu.Unlock()
	if !ok {
		return
	}
	for w := (modem.Catching{}); !d.CatchUp(p.hearAside) && w.Wait(p.access); {
	}
}

// aside sends what CatchUp has read. Unlike take it never waits.
func (p *Port) aside(b []byte) bool {
	p.wrote(len(b))
	p.access.SendNow(b)
	return true
}
