package port

import (
	"reflect"

	"meterline/bridge/modem"
)

// Rebind leases the port to another modem, that of a new configuration. The program that has it open stays.
func (p *Port) Rebind(m *modem.Modem) {
	if p.access.Modem() == m {
		return
	}
	p.access.Rebind(m)
	p.heed()
	if p.Open() {
		p.access.Opened()
	}
	p.access.Refresh()
}

// Permit changes the port's permissions to those of next, and reports whether it has: nothing else may differ. Only one goroutine at a time
// may call it, the reload's.
func (p *Port) Permit(next Config) bool {
	was := p.cfg
	was.Spec = next.Spec
	return reflect.DeepEqual(was, next) && p.mount.GoOver(&p.cfg.Spec, next.Spec)
}
