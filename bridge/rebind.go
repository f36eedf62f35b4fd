package bridge

import "slices"

// setPorts tells the modem which ports are leased to it. Ports that are no longer lose its lease.
func (m *modem) setPorts(ports []*port) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ports = ports
	if p, ok := m.holder.(*port); ok && !slices.Contains(ports, p) {
		m.dropBacklog(dropGone)
		m.release(p)
	}
	m.settlePorts()
	m.pokeLife()
}

// rebind gives the port another modem, that of a new configuration. The program that has it open stays.
func (p *port) rebind(m *modem) {
	old := p.modem.Load()
	if old == m {
		return
	}
	old.mu.Lock()
	p.drop(dropGone, len(p.kept.data))
	p.kept = burst{}
	p.unclear()
	old.release(p)
	old.mu.Unlock()
	p.modem.Store(m)
	if p.isOpen() {
		m.opened(p)
	}
	p.settleNow()
}
