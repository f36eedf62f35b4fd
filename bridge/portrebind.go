package bridge

import (
	"reflect"

	"meterline/bridge/modem"
)

// rebind gives the port another modem, that of a new configuration. The program that has it open stays.
func (p *port) rebind(m *modem.Modem) {
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
func (p *port) Permit(next leasedConfig) bool {
	was := p.cfg
	was.Spec = next.Spec
	return reflect.DeepEqual(was, next) && p.mount.goOver(&p.cfg.Spec, next.Spec)
}
