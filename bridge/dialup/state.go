package dialup

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/relay/wire"
	"meterline/vport"
	"meterline/vport/hayes"
)

// updateState derives the port's state, shows it on the modem lines, and logs a change. The caller holds mu.
func (p *Port) updateState() {
	phase := p.hayes.State().Phase
	port.ShowCarrier(p.device, phase == hayes.Online || phase == hayes.Escaped)
	if l, ok := p.device.(vport.ModemLines); ok {
		l.SetRing(phase == hayes.Ringing)
	}
	state := p.stateNow()
	if state == p.state {
		return
	}
	peer, was, lasted := p.peer(), p.state, time.Since(p.since)
	p.mu.Defer(func() {
		p.log.Info("port "+string(state), "modem", peer, "was", string(was), "for", lasted.Round(time.Millisecond))
	})
	p.state, p.since = state, time.Now()
}

// stateNow returns the state that follows from the port's device and call. The caller holds mu.
func (p *Port) stateNow() port.State {
	switch c := p.call; {
	case p.device == nil:
		return port.Down
	case c == nil:
		return port.Idle
	case c.ended:
		return port.Clearing
	case c.up:
		return port.Joined
	}
	return port.Waiting
}

// peer returns the name of the modem at the other end, empty if there is none. The caller holds mu.
func (p *Port) peer() string {
	if p.call == nil {
		return ""
	}
	return p.call.m.Name()
}

// Other returns the modem at the other end, nil if there is none.
func (p *Port) Other() *modem.Modem {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.call == nil {
		return nil
	}
	return p.call.m
}

// Status returns the present state. programs are the programs that have devices of this machine open, by device.
func (p *Port) Status(programs map[string][]vport.Program) status.Port {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := status.Port{
		Name: p.cfg.Name, Path: p.cfg.Spec.Address, Modem: p.peer(), State: string(p.state), Since: p.since, Dialup: true,
		Open: p.open, Opens: p.opens, FromDTE: p.from, ToDTE: p.to, Dropped: p.dropped.Snapshot(),
	}
	h := p.hayes.State()
	s.Telephone = telephone(h)
	s.TelephoneSince = h.Since
	s.Calls = p.history.snapshot()
	if p.open {
		s.OpenSince = p.openSince
	}
	if s.Device = port.DeviceOf(p.device); s.Device != "" {
		s.OpenedBy = slices.Clone(programs[s.Device])
	}
	if v, ok := p.device.(vport.ClientLister); ok {
		s.OpenedBy = v.Programs()
	}
	p.keeper.Tell(&s)
	port.AddTrouble(&s, p.device)
	return s
}

// Permit changes the port's permissions to those of next, and reports whether it has: nothing else may differ. Only one goroutine at a time
// may call it, the reload's.
func (p *Port) Permit(next Config) bool {
	was := p.cfg
	was.Spec = next.Spec
	return reflect.DeepEqual(was, next) && p.keeper.GoOver(&p.cfg.Spec, next.Spec)
}

// telephone describes what the emulated modem is doing, and with which number.
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

// self is what the emulated modem tells of itself: facts of the modem that was dialled last, if they are known. Its methods are called
// with the port's mu held.
type self struct{ p *Port }

var _ hayes.Self = self{}

func (s self) fact(name string) string {
	if s.p.history.last == nil {
		return ""
	}
	return s.p.history.last.Account().Fact(name)
}

func (s self) Signal() (strength, errors int) {
	first, _, _ := strings.Cut(s.fact(wire.FactSignal), " ")
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
	if s.p.history.last != nil && len(s.p.history.last.ID()) == 15 && digitsOf(s.p.history.last.ID()) == s.p.history.last.ID() {
		return s.p.history.last.ID()
	}
	return "000000000000000"
}

// Device returns the name of the device that programs see, empty if there is none at present.
func (p *Port) Device() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return port.DeviceOf(p.device)
}
