package modem

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"meterline/relay"
)

// ErrNotWanted ends what nobody wants any more.
var ErrNotWanted = errors.New("no longer wanted")

// outgoing is how we call the modem over a line of its own. It is guarded by the modem's mutex.
type outgoing struct {
	line   relay.Line // nil: only it calls
	retry  *backoff.ExponentialBackOff
	next   time.Time // no call before
	cancel context.CancelCauseFunc
	failed string // what calls fail with at present: logged once
}

func newOutgoing(line relay.Line, cfg Config) outgoing {
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = cfg.RetryMin, cfg.RetryMax
	return outgoing{line: line, retry: retry}
}

// postpone puts the next call off by the back-off's next pause.
func (o *outgoing) postpone() time.Duration {
	pause := o.retry.NextBackOff()
	o.next = time.Now().Add(pause)
	return pause
}

// giveUp ends the attempt that is under way, if any.
func (o *outgoing) giveUp(cause error) {
	if o.cancel != nil {
		o.cancel(cause)
	}
}

// callFailed notes why, and puts off the next attempt.
func (m *Modem) callFailed(ctx context.Context, err error) {
	m.mu.Lock()
	level := slog.LevelWarn
	if m.calls.failed == err.Error() {
		level = slog.LevelDebug // status goes on showing it
	}
	m.calls.failed = err.Error()
	pause := m.calls.postpone()
	m.faults.note(err)
	m.mu.Unlock()
	m.log.Log(ctx, level, "call failed", "line", m.calls.line.String(), "err", err, "again_in", pause.Round(time.Millisecond))
}

// demand is who wants a session, beside the ports. It is guarded by the modem's mutex.
type demand struct {
	asked   time.Time   // when somebody wanted a session last
	waiters int         // calls and probes that wait for one
	linger  *time.Timer // ends the session when no program wants it any more
}

func (d *demand) stopLinger() {
	if d.linger != nil {
		d.linger.Stop()
	}
}

// isWanted reports whether anybody wants a session. The caller holds mu.
func (m *Modem) isWanted() bool {
	if !m.cfg.OnOpen || m.demand.waiters > 0 {
		return true
	}
	c := &m.circuit
	if h := c.lease.holder; h != nil && h.wants() {
		return true
	}
	for _, p := range c.ports {
		if p.wants() {
			return true
		}
	}
	return false
}

// noteDemand notes that somebody wants a session. The caller holds mu.
func (m *Modem) noteDemand(now time.Time) {
	before := m.demand.asked
	m.demand.asked = now
	if m.fallback != nil && m.circuit.session == nil && now.Sub(before) > time.Second {
		m.life.wake() // the telephone may be due
	}
}

// startLinger begins the time after which a session that nobody wants is ended. The caller holds mu.
func (m *Modem) startLinger() {
	s := m.circuit.session
	if !m.cfg.OnOpen || s == nil || !m.circuit.dialled || m.isWanted() {
		return
	}
	m.demand.stopLinger()
	m.demand.linger = time.AfterFunc(m.cfg.Linger, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.circuit.session == s && !m.isWanted() {
			s.End(relay.ErrLinger)
		}
	})
}
