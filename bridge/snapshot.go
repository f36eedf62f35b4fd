package bridge

import (
	"fmt"
	"slices"
	"time"

	"meterline/bridge/status"
	"meterline/vport"
)

// missedAfter is how long a modem may be away before that is a problem: a reconnect after a lost session is none.
const missedAfter = 5 * time.Minute

// Status is the present picture. It asks the system which programs have ports open, which costs some milliseconds.
func (b *Bridge) Status() status.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	programs, err := b.kinds.Programs()
	if err != nil {
		b.log.Debug("programs at the ports are not known", "err", err)
	}
	s := status.Status{At: now, Since: b.started, Ports: []status.Port{}, Modems: []status.Modem{}, Exchanges: []status.Exchange{}}
	simulated := make(map[string]bool)
	for _, c := range b.cfg.Modems {
		simulated[c.Name] = c.Simulated
		s.Modems = append(s.Modems, b.modemStatus(c, now))
	}
	for _, c := range b.cfg.Ports {
		if p := b.phones[c.Spec.Address]; p != nil {
			ps := p.it.status(programs)
			ps.Simulated = simulated[ps.Modem]
			s.Ports = append(s.Ports, ps)
			continue
		}
		p := b.ports[c.Spec.Address]
		if p == nil {
			s.Ports = append(s.Ports, status.Port{
				Name: c.Name, Path: c.Spec.Address, Modem: c.Modem, Own: c.Own, State: b.absent(), Simulated: simulated[c.Modem],
			})
			continue
		}
		ps := p.it.status(programs)
		ps.Simulated = simulated[c.Modem]
		s.Ports = append(s.Ports, ps)
	}
	for _, c := range b.cfg.USB {
		if d := b.desks[c.Name]; d != nil {
			s.USB = append(s.USB, d.it.status())
		}
	}
	for _, name := range exchangeOrder(b.cfg) {
		if e := b.exchanges[name]; e != nil {
			s.Exchanges = append(s.Exchanges, e.it.status(s.Modems))
		}
	}
	return s
}

// absent is the state of a port that there is not: its modem is disabled, or the bridge has only just begun. The mutex is held.
func (b *Bridge) absent() string {
	if b.started.IsZero() {
		return string(portDown)
	}
	return "disabled"
}

// exchangeOrder is the order of the file, modems' own addresses behind the exchanges.
func exchangeOrder(cfg Config) []string {
	var names []string
	for _, e := range cfg.Exchanges {
		names = append(names, e.Name)
	}
	for _, m := range cfg.Modems {
		if m.Listen != "" {
			names = append(names, ownExchange(m).Name)
		}
	}
	return names
}

func (b *Bridge) modemStatus(c ModemConfig, now time.Time) status.Modem {
	if m := b.modems[c.Name]; m != nil {
		return m.it.status(now)
	}
	return status.Modem{
		Name: c.Name, Note: c.Note, Disabled: c.Disabled, Simulated: c.Simulated, Exchange: c.Exchange, ID: c.ID,
		Lines: linesOf(c), State: "disabled",
	}
}

func (m *modem) status(now time.Time) status.Modem {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.account.Snapshot(now)
	s := status.Modem{
		Name: m.cfg.Name, Note: m.cfg.Note, Simulated: m.cfg.Simulated, Exchange: m.cfg.Exchange, ID: m.cfg.ID,
		Lines: linesOf(m.cfg), State: string(m.state), Since: m.since, LastSeen: a.LastSeen, Sessions: a.Sessions,
		Displaced: m.displaced, Contested: m.contested(now), Today: a.Today, Month: a.Month,
		Dropped: m.dropped.Snapshot(), LastErrorAt: m.lastErrAt, Protocol: string(m.cfg.Frame.Protocol),
		Facts: a.Facts, Events: a.Events,
	}
	if m.frames != nil {
		stats := m.frames.Stats()
		s.Messages = &stats
	}
	if m.session != nil {
		s.Peer = m.session.Peer()
		(*status.Drops)(&s.Dropped).Add(status.DropMisframed, int(m.session.Misframed()))
	}
	t := m.telephony(now)
	s.Telephone, s.Fallback = t.By, t.While
	s.Line, s.Why = m.joinedBy(t)
	if m.holder != nil {
		s.Lease = m.holder.client.Name()
	}
	if m.line != nil && m.state == away {
		s.NextCall = m.nextCall
	}
	if m.lastErr != nil {
		s.LastError = inWords(m.lastErr)
	}
	s.Problem = m.problem(now)
	return s
}

// problem says what an operator should look at, empty if all is well. The mutex is held.
func (m *modem) problem(now time.Time) string {
	absent := m.session == nil && m.wanted()
	switch {
	case m.contested(now):
		return "identity contested: more than one modem registers with it"
	case absent && m.line != nil && m.lastErr != nil:
		return fmt.Sprintf("no session for %s: %s", now.Sub(m.since).Round(time.Second), inWords(m.lastErr))
	case absent && now.Sub(m.since) > missedAfter:
		return fmt.Sprintf("no session for %s", now.Sub(m.since).Round(time.Second))
	}
	return ""
}

func (p *port) status(programs map[string][]vport.Program) status.Port {
	v := p.access.View()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := status.Port{
		Name: p.cfg.Name, Path: p.cfg.Spec.Address, Modem: v.Modem, Own: p.cfg.Own, State: string(p.state), Since: p.since,
		Open: p.open, Opens: p.opens, FromDTE: p.from, ToDTE: p.to, Dropped: p.dropped.Snapshot(),
	}
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
	if v.Holder != nil && v.Holder != Client(p) {
		s.HeldBy = v.Holder.Name()
	}
	p.mount.tell(&s)
	if p.open && s.HeldBy != "" && p.dropped[status.DropHeld] > 0 {
		s.Problem = s.HeldBy + " has the modem"
	}
	addTrouble(&s, p.device)
	return s
}
