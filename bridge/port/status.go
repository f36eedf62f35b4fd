package port

import (
	"slices"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
)

// Status returns the present state. programs are the programs that have devices of this machine open, by device.
func (p *Port) Status(programs map[string][]vport.Program) status.Port {
	v := p.access.View()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := status.Port{
		Name: p.cfg.Name, Path: p.cfg.Spec.Address, Modem: v.Modem, Own: p.cfg.Own, State: string(p.stateFrom(v)), Since: p.since,
		Open: p.open, Opens: p.opens, FromDTE: p.from, ToDTE: p.to, Dropped: p.dropped.Snapshot(),
	}
	if p.open {
		s.OpenSince = p.openSince
	}
	if s.Device = DeviceOf(p.device); s.Device != "" {
		s.OpenedBy = slices.Clone(programs[s.Device])
	}
	if v, ok := p.device.(vport.ClientLister); ok {
		s.OpenedBy = v.Programs()
	}
	if v.Holder != nil && v.Holder != modem.Client(p) {
		s.HeldBy = v.Holder.Name()
	}
	p.mount.Tell(&s)
	if p.open && s.HeldBy != "" && p.dropped[status.DropHeld] > 0 {
		s.Problem = s.HeldBy + " has the modem"
	}
	AddTrouble(&s, p.device)
	return s
}

// Device returns the name of the device that programs see, empty if there is none at present.
func (p *Port) Device() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return DeviceOf(p.device)
}

// ShowCarrier sets DCD and the lines that go with it, if the port has them.
func ShowCarrier(d vport.Port, on bool) {
	if l, ok := d.(vport.ModemLines); ok {
		l.SetCarrier(on)
	}
}

// DeviceOf returns the name of the device that programs see, empty if the port has none.
func DeviceOf(d vport.Port) string {
	if d, ok := d.(vport.Devicer); ok {
		return d.Device()
	}
	return ""
}

// AddTrouble adds to a port's status what its device says is wrong, although it is open.
func AddTrouble(s *status.Port, d vport.Port) {
	t, ok := d.(vport.Troubled)
	if !ok {
		return
	}
	trouble := t.Trouble()
	s.Replaced = trouble.Replaced
	if trouble.LastAt.After(s.LastErrorAt) {
		s.LastError, s.LastErrorAt = trouble.Last, trouble.LastAt
	}
	if trouble.Now != "" {
		s.Problem = trouble.Now
		s.LastError, s.LastErrorAt = trouble.Now, time.Now()
	}
}
