package modem

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"
)

// ErrNotWanted ends what nobody wants any more.
var ErrNotWanted = errors.New("no longer wanted")

// wanted reports whether anybody wants a session. The caller holds mu.
func (m *Modem) wanted() bool {
	if !m.cfg.OnOpen || m.waiters > 0 {
		return true
	}
	return m.holder != nil && m.holder.wants() || slices.ContainsFunc(m.ports, (*Access).wants)
}

// calling makes one attempt over the modem's line.
func (m *Modem) calling(ctx context.Context) stage {
	m.enter(Calling)
	m.attempt(ctx, func(ctx context.Context) {
		s, err := m.line.Call(ctx)
		switch {
		case err == nil:
			if err := m.attach(s, nil); err != nil {
				s.End(err)
			}
		case ctx.Err() == nil:
			m.callFailed(ctx, err)
		}
	})
	return m.away
}

// attempt lets try look for a session, with a context that ends when one arrives by itself.
func (m *Modem) attempt(ctx context.Context, try func(context.Context)) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m.mu.Lock()
	if m.session != nil { // it called in at this very moment
		m.mu.Unlock()
		return
	}
	m.cancelCall = cancel
	m.mu.Unlock()
	try(ctx)
	m.mu.Lock()
	m.cancelCall = nil
	m.mu.Unlock()
}

// callFailed notes why, and puts off the next attempt.
func (m *Modem) callFailed(ctx context.Context, err error) {
	m.mu.Lock()
	repeated := m.failing == err.Error()
	m.failing = err.Error()
	pause := m.postpone()
	m.fail(err)
	m.mu.Unlock()
	level := slog.LevelWarn
	if repeated {
		level = slog.LevelDebug // status goes on showing it
	}
	m.log.Log(ctx, level, "call failed", "line", m.line.String(), "err", err, "again_in", pause.Round(time.Millisecond))
}

// postpone puts the next call off by the back-off's next pause. The caller holds mu.
func (m *Modem) postpone() time.Duration {
	pause := m.retry.NextBackOff()
	m.nextCall = time.Now().Add(pause)
	return pause
}

// fail notes what went wrong last. The caller holds mu.
func (m *Modem) fail(err error) { m.lastErr, m.lastErrAt = err, time.Now() }

// wish notes that somebody wants a session. The caller holds mu.
func (m *Modem) wish(now time.Time) {
	before := m.asked
	m.asked = now
	if m.fallback != nil && m.session == nil && now.Sub(before) > time.Second {
		m.pokeLife() // the telephone may be due
	}
}

// awaited reports whether a program is at one of the modem's ports. The caller holds mu.
func (m *Modem) awaited() bool {
	return m.holder != nil || slices.ContainsFunc(m.ports, (*Access).isOpen)
}
