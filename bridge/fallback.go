package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"meterline/relay"
)

// Fallback says how a modem is reached by telephone when its TCP session cannot be had.
type Fallback struct {
	USB      string        // Name of the plugged-in modem; empty: there is no fallback
	After    time.Duration // how long the modem must have been away, 0 means 120 s
	Wake     Wake          // how it is made to call in, before it is called; empty: it is not
	WakeText string        // of a text message
	WakeWait time.Duration // how long its session is awaited then, 0 means 90 s
	Call     bool          // it takes data calls
	Idle     time.Duration // a data call ends after so long without a byte, 0 means 60 s
}

// Wake is a way to make a modem open its TCP session.
type Wake string

// The ways.
const (
	WakeCall Wake = "call" // a missed call
	WakeSMS  Wake = "sms"  // a text message
)

const (
	// askedFor is how long after a program has written it is believed to want an answer.
	askedFor = time.Minute
	// ringLong is how long a missed call rings: modems are told to react to the second or third RING.
	ringLong = 10 * time.Second
	// returnQuiet is the silence in which a telephone call gives way to a TCP session.
	returnQuiet = 5 * time.Second
	// returnLook is how often it is looked whether it may.
	returnLook = time.Second
)

// wish notes that somebody wants a session. The mutex is held.
func (m *modem) wish(now time.Time) {
	before := m.asked
	m.asked = now
	if m.desk != nil && m.session == nil && now.Sub(before) > time.Second {
		m.pokeLife() // the telephone may be due
	}
}

// fallbackPause is the shortest pause between attempts, and that behind one that nothing was tried in.
const fallbackPause = 2 * time.Minute

// fallbackPauses are the pauses between attempts, so that a modem that is dead does not cost money for ever.
func fallbackPauses() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = fallbackPause, time.Hour, 2
	return b
}

// telephoneCall is a session that was had by telephone.
type telephoneCall struct {
	s      *relay.Session
	desk   *desk
	calls  int // with the wake-up before it
	began  time.Time
	better *relay.Session // a TCP session that waits to take its place
	look   *time.Timer
}

// fallbackDue tells in how long the modem is to be reached by telephone, if it is. The mutex is held.
func (m *modem) fallbackDue(now time.Time) (due time.Duration, wanted bool) {
	if m.desk == nil || m.session != nil || m.closed != nil || now.Sub(m.asked) > askedFor {
		return 0, false
	}
	at := m.absent.Add(m.cfg.Fallback.After)
	if m.nextFallback.After(at) {
		at = m.nextFallback
	}
	return at.Sub(now), true
}

// mayFallBack says why the telephone is not to be used now, beside the times.
func (m *modem) mayFallBack() error {
	a := m.attendance
	if a.outage() {
		if !a.paused.Swap(true) {
			m.log.Warn("outage of the whole exchange, fallback paused", "exchange", m.cfg.Exchange, "away", a.away.Load(), "modems", a.modems.Load())
		}
		return fmt.Errorf("outage of the whole exchange: %d of %d modems are away", a.away.Load(), a.modems.Load())
	}
	if a != nil {
		a.paused.Store(false)
	}
	return nil
}

// fallingBack makes one attempt to reach the modem by telephone.
func (m *modem) fallingBack(life context.Context) stage {
	m.enter(calling)
	m.attempt(life, func(ctx context.Context) {
		if err := m.mayFallBack(); err != nil {
			m.fellBack(ctx, slog.LevelDebug, fallbackPause, err) // of which one modem has warned for all
			return
		}
		tried, err := m.byTelephone(ctx, life)
		pause := fallbackPause
		if tried {
			pause = m.fallbackRetry.NextBackOff()
		}
		m.fellBack(ctx, slog.LevelWarn, pause, err)
	})
	return m.away
}

// fellBack notes what an attempt has come to, and puts off the next.
func (m *modem) fellBack(ctx context.Context, level slog.Level, pause time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		m.fallbackRetry.Reset()
	}
	m.nextFallback = time.Now().Add(pause)
	if err != nil && ctx.Err() == nil {
		m.fail(err)
		m.log.Log(ctx, level, "fallback failed", "err", err, "again_in", pause.Round(time.Second))
	}
}

// byTelephone wakes the modem and waits for its session, and calls it if that does not come. ctx ends when one comes, life
// with the modem. tried tells whether anything was placed.
func (m *modem) byTelephone(ctx, life context.Context) (tried bool, err error) {
	m.mu.Lock()
	waited := m.awaited()
	m.mu.Unlock()
	d := m.desk
	if err := d.acquire(ctx, m, waited); err != nil {
		return false, err
	}
	calls, handed := 0, false
	defer func() {
		if !handed {
			d.release(m, calls, 0)
		}
	}()
	f := m.cfg.Fallback
	woken := errors.New("it may neither be woken nor called")
	if d.cfg.MayWake(f.Wake) {
		woken = d.wake(ctx, m.cfg, f.Wake)
		calls += placed(woken)
		if woken == nil {
			m.log.Info("woken", "by", f.Wake, "usb", d.cfg.Name)
			if m.arrives(ctx, f.WakeWait) {
				return true, nil
			}
			woken = fmt.Errorf("woken by %s, but no session came within %s", f.Wake, f.WakeWait)
		}
	}
	if ctx.Err() != nil || !f.Call || !d.cfg.Calls {
		return calls > 0, woken
	}
	s, err := d.line.Call(ctx, m.cfg.Numbers[0])
	calls += placed(err)
	if err != nil {
		return calls > 0, err
	}
	handed = true
	return true, m.attachCall(life, &telephoneCall{s: s, desk: d, calls: calls, began: time.Now()})
}

// wake makes a modem call in.
func (d *desk) wake(ctx context.Context, cfg ModemConfig, by Wake) error {
	if by == WakeSMS {
		return d.line.SMS(ctx, cfg.Numbers[0], cfg.Fallback.WakeText)
	}
	return d.line.Ring(ctx, cfg.Numbers[0], ringLong)
}

// placed counts an attempt, unless the plugged-in modem could not even begin.
func placed(err error) int {
	if errors.Is(err, relay.ErrUSBAbsent) || errors.Is(err, relay.ErrUSBFailed) || errors.Is(err, relay.ErrUSBBusy) {
		return 0
	}
	return 1
}

// arrives waits for a session that the modem begins: attach then ends ctx.
func (m *modem) arrives(ctx context.Context, long time.Duration) bool {
	t := time.NewTimer(long)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.session != nil
}

// awaited tells whether a program is at one of the modem's ports. The mutex is held.
func (m *modem) awaited() bool {
	if m.holder != nil {
		return true
	}
	for _, p := range m.ports {
		if p.isOpen() {
			return true
		}
	}
	return false
}
