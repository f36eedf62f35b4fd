package modem

import (
	"fmt"
	"time"

	"meterline/bridge/status"
)

// missedAfter is how long a modem may be away before that is a problem: a reconnect after a lost session is none.
const missedAfter = 5 * time.Minute

// Status is the present picture.
func (m *Modem) Status(now time.Time) status.Modem {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.account.Snapshot(now)
	s := status.Modem{
		Name: m.cfg.Name, Note: m.cfg.Note, Simulated: m.cfg.Simulated, Exchange: m.cfg.Exchange, ID: m.cfg.ID,
		Lines: Lines(m.cfg), State: string(m.state), Since: m.since, LastSeen: a.LastSeen, Sessions: a.Sessions,
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
	if m.line != nil && m.state == Away {
		s.NextCall = m.nextCall
	}
	if m.lastErr != nil {
		s.LastError = inWords(m.lastErr)
	}
	s.Problem = m.problem(now)
	return s
}

// problem says what an operator should look at, empty if all is well. The caller holds mu.
func (m *Modem) problem(now time.Time) string {
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
