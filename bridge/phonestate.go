package bridge

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"meterline/relay/profile"
	"meterline/vport"
	"meterline/vport/hayes"
)

// settled looks at what is known of the port, and logs when that makes another state. The mutex is held.
func (p *phone) settled() {
	phase := p.hayes.State().Phase
	showCarrier(p.device, phase == hayes.Online || phase == hayes.Escaped)
	if l, ok := p.device.(vport.ModemLines); ok {
		l.SetRing(phase == hayes.Ringing)
	}
	state := p.stateNow()
	if state == p.state {
		return
	}
	p.log.Info("port "+string(state), "modem", p.peer(), "was", string(p.state), "for", time.Since(p.since).Round(time.Millisecond))
	p.state, p.since = state, time.Now()
}

// stateNow is the rule. The mutex is held.
func (p *phone) stateNow() portState {
	switch c := p.call; {
	case p.device == nil:
		return portDown
	case c == nil:
		return portIdle
	case c.ended:
		return portClearing
	case c.up:
		return portJoined
	}
	return portWaiting
}

// peer is the name of the modem at the other end, empty if there is none. The mutex is held.
func (p *phone) peer() string {
	if p.call == nil {
		return ""
	}
	return p.call.m.cfg.Name
}

// other is the modem at the other end, nil if there is none.
func (p *phone) other() *modem {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.call == nil {
		return nil
	}
	return p.call.m
}

func (p *phone) status(programs map[string][]vport.Program) PortStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := PortStatus{
		Name: p.cfg.Name, Path: p.cfg.Spec.Address, Modem: p.peer(), State: string(p.state), Since: p.since, Dialup: true,
		Open: p.open, Opens: p.opens, FromDTE: p.from, ToDTE: p.to, Dropped: p.dropped.snapshot(),
	}
	h := p.hayes.State()
	s.Telephone = telephone(h)
	s.TelephoneSince = h.Since
	if p.open {
		s.OpenSince = p.openSince
	}
	if d, ok := p.device.(vport.Devicer); ok {
		s.Device = d.Device()
		s.OpenedBy = slices.Clone(programs[s.Device])
	}
	if v, ok := p.device.(vport.Visited); ok {
		s.OpenedBy = v.Programs()
	}
	p.mount.tell(&s)
	addTrouble(&s, p.device)
	return s
}

// telephone says what the emulated modem is doing, and with whom.
func telephone(h hayes.State) string {
	switch h.Phase {
	case hayes.Dialling:
		return "dialling " + h.Number
	case hayes.Ringing:
		return h.Number + " rings"
	case hayes.Online:
		return "connected to " + h.Number
	case hayes.Escaped:
		return "connected to " + h.Number + ", in command mode"
	}
	return h.Phase.String()
}

// self is what the emulated modem tells of itself: of the modem that was dialled last, where that is known. Its methods are
// called with the phone's mutex held.
type self struct{ p *phone }

var _ hayes.Self = self{}

func (s self) fact(name string) string {
	if s.p.last == nil {
		return ""
	}
	return s.p.last.account.fact(name)
}

func (s self) Signal() (strength, errors int) {
	first, _, _ := strings.Cut(s.fact(profile.FactSignal), " ")
	if n, err := strconv.Atoi(first); err == nil && n >= 0 && n <= 31 {
		return n, 99
	}
	return 20, 99
}

func (s self) Registration() int { return 1 }
func (s self) Operator() string  { return "meterline" }
func (s self) IMSI() string      { return "001010123456789" } // of the test network, TS 23.122
func (s self) Version() string   { return "meterline" }

func (s self) IMEI() string {
	if s.p.last != nil && len(s.p.last.cfg.ID) == 15 && digitsOf(s.p.last.cfg.ID) == s.p.last.cfg.ID {
		return s.p.last.cfg.ID
	}
	return "000000000000000"
}
