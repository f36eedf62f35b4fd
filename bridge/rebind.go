package bridge

import (
	"reflect"
	"slices"

	"meterline/bridge/status"
)

// setPorts tells the modem which ports are leased to it. Ports that are no longer lose its lease.
func (m *modem) setPorts(ports []*Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ports = ports
	if p := m.holder; p != nil && p.leased && !slices.Contains(ports, p) {
		m.dropBacklog(status.DropGone)
		m.release(p)
	}
	m.settlePorts()
	m.pokeLife()
}

// adopt goes over to what of cfg does not concern a session, if nothing else has changed. These keys cut no session:
//
//	note, lease_idle, linger                                     adopted here
//	number, ring, fallback and what goes with it                 adopted here; what is under way goes on as it began
//	port, and [port.NAME]: owner, group, mode                    changed at the port, whose program stays; see permit
//	port, and [port.NAME]: allow, kick_old                       the port is made anew, its program alone is cut
//	[exchange.NAME]: all                                         sessions that have begun are the modem's
//
// All others of [modem.NAME] do: they say who the modem is, how it is reached, or what becomes of its bytes.
func (m *modem) adopt(cfg ModemConfig) (adopted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.cfg
	take := func(into *ModemConfig) {
		into.Note, into.LeaseIdle, into.Linger = cfg.Note, cfg.LeaseIdle, cfg.Linger
		into.Numbers, into.Ring, into.Fallback = cfg.Numbers, cfg.Ring, cfg.Fallback
	}
	take(&was)
	if reflect.DeepEqual(m.cfg, cfg) || !reflect.DeepEqual(was, cfg) {
		return false
	}
	take(&m.cfg) // and not the whole: what else it has is read without the mutex
	m.pokeLife()
	return true
}

// rebind gives the port another modem, that of a new configuration. The program that has it open stays.
func (p *port) rebind(m *modem) {
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

// permit lets ports go over to who may open them, where nothing else has changed.
func (b *Bridge) permit(wanted members, c *changeLog) {
	permit(b.ports, wanted.ports, c)
	permit(b.phones, wanted.phones, c)
}

func permit[T interface{ permit(next PortConfig) bool }](have map[string]*member[T], wanted map[string]PortConfig, c *changeLog) {
	for address, next := range wanted {
		if m := have[address]; m != nil && m.it.permit(next) {
			c.adopted("port " + address)
		}
	}
}

func (p *port) permit(next PortConfig) bool  { return p.cfg.permit(next, p.mount) }
func (p *phone) permit(next PortConfig) bool { return p.cfg.permit(next, p.mount) }

// permit goes over to who may open the port by next. Only reloads look at these three, one after the other.
func (c *PortConfig) permit(next PortConfig, u *mount) bool {
	was := *c
	was.Spec.Mode, was.Spec.Owner, was.Spec.Group = next.Spec.Mode, next.Spec.Owner, next.Spec.Group
	if reflect.DeepEqual(*c, next) || !reflect.DeepEqual(was, next) || !u.permit(next.Spec) {
		return false
	}
	c.Spec.Mode, c.Spec.Owner, c.Spec.Group = next.Spec.Mode, next.Spec.Owner, next.Spec.Group
	return true
}
