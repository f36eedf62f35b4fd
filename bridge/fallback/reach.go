// Package fallback reaches modems by telephone when nothing else does. It has one Queue for each plugged-in modem, with the limits of its
// cost, and one Reach for each far modem, which wakes it, calls it, and returns to TCP. It does not decide when a modem needs that,
// which package modem does, nor drive the plugged-in modem, which relay/usb does behind Stick.
//
// An attempt:
//
//  1. The far modem asks Reach.Due whether it is time, and runs Reach.Attempt, which does nothing during an outage of the exchange.
//  2. Reach.byTelephone first wakes the modem, if that is configured: Reach.turn waits in the queue by Queue.Acquire, Reach.wakeUp
//     rings or sends a text message, and wakeUp.arrives waits for the session. The plugged-in modem is free for others meanwhile.
//  3. If no session comes, Reach.callBy waits in the queue again, at the same place, and places a data call.
//  4. Reach.attachCall makes the call the modem's session. Reach.checkCall then looks every second whether it is to end.
//  5. A TCP session that comes during the call is kept by Reach.Offer. Reach.returnToTCP puts it in the call's place between two requests.
//  6. Reach.Ended gives the plugged-in modem back. Reach.putOff sets the time of the next attempt; the pauses grow after failures.
package fallback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"meterline/bridge/ledger"
	"meterline/bridge/modem"
)

const (
	// askedFor is how long a program is taken to want an answer after it has written.
	askedFor = time.Minute
	// ringLong is how long a missed call rings: modems are usually set to react to the second or third RING.
	ringLong = 10 * time.Second
	// returnQuiet is the silence after which a TCP session may replace a telephone call.
	returnQuiet = 5 * time.Second
	// returnLook is how often a telephone call is checked.
	returnLook = time.Second
)

// Reach reaches one far modem by telephone. Its state is guarded by that modem's mutex.
type Reach struct {
	m     *modem.Modem
	log   *slog.Logger
	retry *backoff.ExponentialBackOff

	queue   *Queue         // of the plugged-in modem that is used, nil if there is none
	next    time.Time      // no attempt before this time
	returns int            // how often the modem had returned when the pauses were last reset
	unbegun string         // why attempts cannot begin at present: logged once
	doing   *reaching      // the attempt in progress, nil if there is none
	call    *telephoneCall // the present session, if it is a telephone call
}

var _ modem.Fallback = (*Reach)(nil)

// NewReach makes the fallback of m, and gives it to m. It is called before m runs.
func NewReach(m *modem.Modem) *Reach {
	r := &Reach{m: m, log: m.Log(), retry: fallbackPauses()}
	m.SetFallback(r)
	return r
}

// Use makes d the queue for further attempts, nil: there is none. An attempt in progress is not changed.
func (r *Reach) Use(d *Queue) {
	r.m.Inside(func(modem.Inside) { r.queue = d })
}

// fallbackPause is the shortest pause between attempts, and the pause after one that could not begin.
const fallbackPause = 2 * time.Minute

// fallbackPauses returns the pauses between attempts. They grow, so that a dead modem does not cost much.
func fallbackPauses() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = fallbackPause, time.Hour, 2
	return b
}

// Due reports whether the modem is to be reached by telephone, and in how long.
func (r *Reach) Due(in modem.Inside, now time.Time) (due time.Duration, wanted bool) {
	if r.queue == nil || in.Session() != nil || in.Closed() != nil || now.Sub(in.Asked()) > askedFor {
		return 0, false
	}
	r.sync(in)
	at := in.Absent().Add(in.Config().Fallback.After)
	if r.next.After(at) {
		at = r.next
	}
	return at.Sub(now), true
}

// sync resets the pauses if the modem has had a session since: this is another outage.
func (r *Reach) sync(in modem.Inside) {
	if n := in.Returns(); n != r.returns {
		r.retry.Reset()
		r.returns, r.next, r.unbegun = n, time.Time{}, ""
	}
}

// mayFallBack returns an error during an outage of the whole exchange, in which the telephone is not used.
func (r *Reach) mayFallBack() error {
	var a *modem.Outage
	r.m.Inside(func(in modem.Inside) { a = in.Outage() })
	out, first := a.Pause()
	if !out {
		return nil
	}
	away, modems := a.Counts()
	if first {
		r.log.Warn("outage of the whole exchange, fallback paused", "exchange", r.m.Config().Exchange, "away", away, "modems", modems)
	}
	return fmt.Errorf("outage of the whole exchange: %d of %d modems are away", away, modems)
}

// Attempt makes one attempt to reach the modem by telephone.
func (r *Reach) Attempt(ctx, life context.Context) {
	if err := r.mayFallBack(); err != nil {
		r.attempted(ctx, slog.LevelDebug, false, err) // one modem of the exchange has warned for all
		return
	}
	tried, err := r.byTelephone(ctx, life)
	r.attempted(ctx, slog.LevelWarn, tried, err)
}

// attempted records the result of an attempt, and sets the time of the next. The pauses grow only if a call or wake-up was placed in vain:
// nothing else costs money.
func (r *Reach) attempted(ctx context.Context, level slog.Level, tried bool, err error) {
	r.m.Inside(func(in modem.Inside) { r.putOff(in, ctx, level, tried, err) })
}

func (r *Reach) putOff(in modem.Inside, ctx context.Context, level slog.Level, tried bool, err error) {
	r.sync(in)
	pause, failed := fallbackPause, err != nil && ctx.Err() == nil
	switch {
	case !tried && errors.Is(err, errNotWantedAnyMore):
		return // when a program writes again, there is no pause
	case err == nil:
		r.retry.Reset()
	case failed && tried:
		pause = r.retry.NextBackOff()
	}
	r.next = time.Now().Add(pause)
	if !failed {
		return
	}
	in.Fail(err)
	if !tried {
		if r.unbegun == err.Error() {
			level = slog.LevelDebug // status shows it all the time
		}
		r.unbegun = err.Error()
	}
	in.Defer(func() { r.log.Log(ctx, level, "fallback failed", "err", err, "again_in", pause.Round(time.Second)) })
}

// byTelephone wakes the modem and waits for its session, and calls it if none comes. ctx ends when a session comes, life when the modem
// ends. tried reports whether a wake-up or a call was placed.
func (r *Reach) byTelephone(ctx, life context.Context) (tried bool, err error) {
	d, f, number := r.settings()
	if d == nil || number == "" { // a reload has changed it meanwhile
		return false, modem.ErrNotWanted
	}
	since := time.Now()
	unwoken := errors.New("it may neither be woken nor called")
	if d.cfg.MayWake(f.Wake) {
		if tried, unwoken = r.wokenBy(ctx, d, since); unwoken == nil {
			return true, nil
		}
	}
	if ctx.Err() != nil || !f.Call || !d.cfg.Calls || errors.Is(unwoken, errNoTurn) {
		return tried, unwoken
	}
	if f.Wake != "" && tried {
		r.log.Warn("wake-up failed, a data call follows", "err", unwoken)
		r.m.Inside(func(in modem.Inside) { in.Fail(unwoken) })
	}
	calls, err := r.callBy(ctx, life, d, since)
	if err != nil && tried {
		err = fmt.Errorf("%w; and then: %w", unwoken, err)
	}
	return tried || calls, err
}

// errNoTurn reports an attempt that did not get the plugged-in modem.
var errNoTurn = errors.New("no wake-up")

// wokenBy wakes the modem and waits for its session. tried reports whether a wake-up was placed.
func (r *Reach) wokenBy(ctx context.Context, d *Queue, since time.Time) (tried bool, err error) {
	if err := r.turn(ctx, d, since, askedFor); err != nil {
		return false, fmt.Errorf("%w: %w", errNoTurn, err)
	}
	if _, f, number := r.settings(); !d.cfg.MayWake(f.Wake) || number == "" { // a reload has changed it meanwhile
		d.Release(r.m)
		return false, fmt.Errorf("%w: %w", errNoTurn, modem.ErrNotWanted)
	}
	w, tried, err := r.wakeUp(ctx, d)
	if err != nil {
		return tried, err
	}
	defer w.over()
	return true, w.arrives(ctx)
}

// errNotWantedAnyMore reports that no program wants the modem any more: the plugged-in modem was busy for too long.
var errNotWantedAnyMore = errors.New("no program has written any more while the plugged-in modem was busy")

// turn waits for the plugged-in modem. It gives that back, with an error, if no program has written within that time by then.
func (r *Reach) turn(ctx context.Context, d *Queue, since time.Time, within time.Duration) error {
	waited, _ := r.awaited()
	if err := d.Acquire(ctx, r.m, waited, since); err != nil {
		return err
	}
	_, asked := r.awaited()
	if time.Since(asked) > within {
		d.Release(r.m)
		return errNotWantedAnyMore
	}
	return nil
}

// callBy places a data call, and makes it the modem's session. calls reports whether a call was placed.
func (r *Reach) callBy(ctx, life context.Context, d *Queue, since time.Time) (calls bool, err error) {
	within := askedFor
	_, f, number := r.settings()
	if f.Wake != "" {
		within += f.WakeWait // a program that writes nothing meanwhile may still wait
	}
	if err := r.turn(ctx, d, since, within); err != nil {
		return false, err
	}
	over := r.show("calls "+number, time.Time{})
	s, err := d.line.Call(ctx, number)
	over()
	n := attempts(err)
	d.spend(r.m, ledger.Usage{Calls: n})
	if err != nil {
		d.Release(r.m)
		return n > 0, err
	}
	return true, r.attachCall(life, &telephoneCall{s: s, queue: d, number: number, billed: time.Now()})
}

// settings returns the queue of the plugged-in modem that reaches the modem, how it is to be reached, and its number. The queue is nil,
// or the number empty, if it cannot be reached.
func (r *Reach) settings() (d *Queue, f modem.FallbackConfig, number string) {
	r.m.Inside(func(in modem.Inside) {
		cfg := in.Config()
		if len(cfg.Numbers) > 0 {
			number = cfg.Numbers[0]
		}
		d, f = r.queue, cfg.Fallback
	})
	return d, f, number
}

// awaited reports whether a program has one of the modem's ports open, and when a program last wanted a session.
func (r *Reach) awaited() (awaited bool, asked time.Time) {
	r.m.Inside(func(in modem.Inside) { awaited, asked = in.Awaited(), in.Asked() })
	return awaited, asked
}

// Asked is called when a program has come to a port of the modem: if the modem is in the queue, it goes first from now on.
func (r *Reach) Asked() {
	var q *Queue
	r.m.Inside(func(modem.Inside) { q = r.queue })
	if q != nil {
		q.waits(r.m)
	}
}
