package port

import (
	"reflect"

	"meterline/bridge/modem"
)

// Rebind gives the port another modem, that of a new configuration. The program that has it open stays.
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

// Permit goes over to who may open the port by next, if nothing else has changed. Only reloads look at that, one after the other.
func (p *Port) Permit(next Config) bool {
	was := p.cfg
	was.Spec = next.Spec
	return reflect.DeepEqual(was, next) && p.mount.GoOver(&p.cfg.Spec, next.Spec)
}
