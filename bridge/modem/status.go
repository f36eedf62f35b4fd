package modem

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"meterline/bridge/status"
)

// missedAfter is how long a modem may be away before status calls that a problem. A lost session that comes back soon is none.
const missedAfter = 5 * time.Minute

// Status returns what status shows of the modem.
func (m *Modem) Status(now time.Time) status.Modem {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.Account().Snapshot(now)
	c := &m.circuit
	s := status.Modem{
		Name: m.cfg.Name, Note: m.cfg.Note, Simulated: m.cfg.Simulated, Exchange: m.cfg.Exchange, ID: m.cfg.ID,
		Lines: Lines(m.cfg), State: string(m.life.state), Since: m.life.since, LastSeen: a.LastSeen, Sessions: a.Sessions,
		Displaced: m.contest.total, Contenders: m.contest.contenders(now), Today: a.Today, Month: a.Month,
		Dropped: c.observer.dropped.Snapshot(), LastErrorAt: m.ways.lastErrAt, Protocol: string(m.cfg.Frame.Protocol),
		Facts: a.Facts, Events: a.Events,
	}
	if c.frames.on() {
		stats := c.frames.line.Stats()
		s.Messages = &stats
	}
	if c.session != nil {
		s.Peer = c.session.Peer()
		(*status.Drops)(&s.Dropped).Add(status.DropMisframed, int(c.session.Misframed()))
	}
	t := telephonyOf(m, now)
	s.Telephone, s.Fallback = t.By, t.While
	s.Line, s.Why = m.ways.joinedBy(c.session, m.demand.isWanted(), t)
	s.Lease = labelOf(c.lease.holder)
	if m.ways.line != nil && m.life.state == Away {
		s.NextCall = m.ways.next
	}
	if m.ways.lastErr != nil {
		s.LastError = inWords(m.ways.lastErr)
	}
	s.Contested = len(s.Contenders) > 0
	s.PassedHeartbeats = m.passed.count
	s.Problem = problemOf(m, now)
	return s
}

// problemOf returns what an operator should look at, empty if all is well. The caller holds m.mu.
func problemOf(m *Modem, now time.Time) string {
	absent := m.circuit.session == nil && m.demand.isWanted()
	switch crowded := m.contest.describe(now); {
	case crowded != "":
		return crowded
	case absent && m.ways.line != nil && m.ways.lastErr != nil:
		return fmt.Sprintf("no session for %s: %s", now.Sub(m.life.since).Round(time.Second), inWords(m.ways.lastErr))
	case absent && now.Sub(m.life.since) > missedAfter:
		return fmt.Sprintf("no session for %s", now.Sub(m.life.since).Round(time.Second))
	}
	return m.passed.describe(now)
}

// plainly returns a network error's text without addresses and system calls, which the line's name shows already.
func plainly(err error) string {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "no answer"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		err = call.Err
	}
	return err.Error()
}

// inWords returns an error's text with every network error in it put plainly.
func inWords(err error) string {
	text := err.Error()
	for _, op := range networkErrors(err) {
		text = strings.ReplaceAll(text, op.Error(), plainly(op))
	}
	return text
}

// joinedErrors is an error that wraps several.
type joinedErrors interface {
	error
	Unwrap() []error
}

// networkErrors returns all network errors that err wraps.
func networkErrors(err error) []*net.OpError {
	if many, ok := errors.AsType[joinedErrors](err); ok {
		errs := many.Unwrap()
		all := make([]*net.OpError, 0, len(errs))
		for _, one := range errs {
			all = append(all, networkErrors(one)...)
		}
		return all
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return []*net.OpError{op}
	}
	return nil
}
