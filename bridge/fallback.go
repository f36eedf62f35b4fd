package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"meterline/bridge/ledger"
)

// Fallback says how a modem is reached by telephone when its TCP session cannot be had.
type Fallback struct {
	USB      string        // Name of the plugged-in modem; empty: there is no fallback
	After    time.Duration // how long the modem must have been away, 0 means 120 s
	Wake     Wake          // how it is made to call in, before it is called; empty: it is not
	WakeText string        // of a text message
	Answers  []string      // by which it has understood: see CheckAnswer; none: what the plugged-in modem calls a success, and any reply
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
			m.fellBack(ctx, slog.LevelDebug, false, err) // of which one modem has warned for all
			return
		}
		tried, err := m.byTelephone(ctx, life)
		m.fellBack(ctx, slog.LevelWarn, tried, err)
	})
	return m.away
}

// fellBack notes what an attempt has come to, and puts off the next. The pauses grow only where something was placed in vain:
// nothing else has cost anything.
func (m *modem) fellBack(ctx context.Context, level slog.Level, tried bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	pause, failed := fallbackPause, err != nil && ctx.Err() == nil
	switch {
	case !tried && errors.Is(err, errNobodyAsks):
		return // the next program that writes has its turn at once
	case err == nil:
		m.fallbackRetry.Reset()
	case failed && tried:
		pause = m.fallbackRetry.NextBackOff()
	}
	m.nextFallback = time.Now().Add(pause)
	if !failed {
		return
	}
	m.fail(err)
	if !tried {
		if m.unbegun == err.Error() {
			level = slog.LevelDebug // status goes on showing it
		}
		m.unbegun = err.Error()
	}
	m.log.Log(ctx, level, "fallback failed", "err", err, "again_in", pause.Round(time.Second))
}

// byTelephone wakes the modem and waits for its session, and calls it if that does not come. ctx ends when one comes, life
// with the modem. tried tells whether anything was placed.
func (m *modem) byTelephone(ctx, life context.Context) (tried bool, err error) {
	d, f, number := m.byPhone()
	if d == nil || number == "" { // a reload has come in between
		return false, errNotWanted
	}
	since := time.Now()
	unwoken := errors.New("it may neither be woken nor called")
	if d.cfg.MayWake(f.Wake) {
		if tried, unwoken = m.wokenBy(ctx, d, since); unwoken == nil {
			return true, nil
		}
	}
	if ctx.Err() != nil || !f.Call || !d.cfg.Calls || errors.Is(unwoken, errNoTurn) {
		return tried, unwoken
	}
	if f.Wake != "" && tried {
		m.log.Warn("wake-up failed, a data call follows", "err", unwoken)
		m.mu.Lock()
		m.fail(unwoken)
		m.mu.Unlock()
	}
	calls, err := m.callBy(ctx, life, d, since)
	if err != nil && tried {
		err = fmt.Errorf("%w; and then: %w", unwoken, err)
	}
	return tried || calls, err
}

// errNoTurn is of an attempt for which the plugged-in modem was not to be had.
var errNoTurn = errors.New("no wake-up")

// wokenBy wakes the modem and waits for its session.
func (m *modem) wokenBy(ctx context.Context, d *desk, since time.Time) (tried bool, err error) {
	if err := m.turn(ctx, d, since, askedFor); err != nil {
		return false, fmt.Errorf("%w: %w", errNoTurn, err)
	}
	if _, f, number := m.byPhone(); !d.cfg.MayWake(f.Wake) || number == "" { // a reload has come meanwhile
		d.release(m)
		return false, fmt.Errorf("%w: %w", errNoTurn, errNotWanted)
	}
	w, tried, err := m.wakeUp(ctx, d)
	if err != nil {
		return tried, err
	}
	defer w.over()
	return true, w.arrives(ctx)
}

// errNobodyAsks is of an attempt that waited for the plugged-in modem so long that no program wants it any more.
var errNobodyAsks = errors.New("no program has written any more while the plugged-in modem was busy")

// turn waits for the plugged-in modem, on behalf of a program that has written within that time then, too.
func (m *modem) turn(ctx context.Context, d *desk, since time.Time, within time.Duration) error {
	if err := d.acquire(ctx, m, m.isAwaited(), since); err != nil {
		return err
	}
	m.mu.Lock()
	asked := m.asked
	m.mu.Unlock()
	if time.Since(asked) > within {
		d.release(m)
		return errNobodyAsks
	}
	return nil
}

// callBy calls the modem, and makes the call its session.
func (m *modem) callBy(ctx, life context.Context, d *desk, since time.Time) (calls bool, err error) {
	within := askedFor
	_, f, number := m.byPhone()
	if f.Wake != "" {
		within += f.WakeWait // a program that pauses meanwhile is not taken for one that has left
	}
	if err := m.turn(ctx, d, since, within); err != nil {
		return false, err
	}
	over := m.reach("calls "+number, time.Time{})
	s, err := d.line.Call(ctx, number)
	over()
	n := placed(err)
	d.spend(m, ledger.Usage{Calls: n})
	if err != nil {
		d.release(m)
		return n > 0, err
	}
	return true, m.attachCall(life, &telephoneCall{s: s, desk: d, number: number, billed: time.Now()})
}

// byPhone is by which plugged-in modem, how, and by which number it is reached: nil and "" where it is not.
func (m *modem) byPhone() (d *desk, f Fallback, number string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.cfg.Numbers) > 0 {
		number = m.cfg.Numbers[0]
	}
	return m.desk, m.cfg.Fallback, number
}

func (m *modem) isAwaited() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.awaited()
}

// awaited tells whether a program is at one of the modem's ports. The mutex is held.
func (m *modem) awaited() bool {
	if m.holder != nil {
		return true
	}
	return slices.ContainsFunc(m.ports, (*Access).isOpen)
}
