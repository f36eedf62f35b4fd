// Package fallback reaches modems by telephone when nothing else does: one plugged-in modem for many far ones, its queue and what it may
// cost, waking, calling, and the way back to TCP. When a modem needs it is the modem's to say; how the plugged-in modem is driven is
// relay/usb's, behind Stick.
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
	// askedFor is how long after a program has written it is believed to want an answer.
	askedFor = time.Minute
	// ringLong is how long a missed call rings: modems are told to react to the second or third RING.
	ringLong = 10 * time.Second
	// returnQuiet is the silence in which a telephone call gives way to a TCP session.
	returnQuiet = 5 * time.Second
	// returnLook is how often it is looked whether it may.
	returnLook = time.Second
)

// Reach reaches one far modem by telephone. Its state is guarded by that modem's mutex.
type Reach struct {
	m     *modem.Modem
	log   *slog.Logger
	retry *backoff.ExponentialBackOff

	queue   *Queue         // the plugged-in modem that is used, nil: none
	next    time.Time      // no attempt before
	returns int            // of the modem, when the pauses were small last
	unbegun string         // what attempts could not begin for, at present: logged once
	doing   *reaching      // what is being done, nil: nothing
	call    *telephoneCall // the present session, if it was had by telephone
}

var _ modem.Fallback = (*Reach)(nil)

// NewReach makes the fallback of m, which has none yet and does not run.
func NewReach(m *modem.Modem) *Reach {
	r := &Reach{m: m, log: m.Log(), retry: fallbackPauses()}
	m.SetFallback(r)
	return r
}

// Use takes d from now on, nil: none. What is under way goes on as it began.
func (r *Reach) Use(d *Queue) {
	r.m.Inside(func(modem.Inside) { r.queue = d })
}

// fallbackPause is the shortest pause between attempts, and that behind one that nothing was tried in.
const fallbackPause = 2 * time.Minute

// fallbackPauses are the pauses between attempts, so that a modem that is dead does not cost money for ever.
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

// sync makes the pauses small again if the modem has been back since: what is to come is another outage.
func (r *Reach) sync(in modem.Inside) {
	if n := in.Returns(); n != r.returns {
		r.retry.Reset()
		r.returns, r.next, r.unbegun = n, time.Time{}, ""
	}
}

// mayFallBack says why the telephone is not to be used now, beside the times.
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
		r.fellBack(ctx, slog.LevelDebug, false, err) // of which one modem has warned for all
		return
	}
	tried, err := r.byTelephone(ctx, life)
	r.fellBack(ctx, slog.LevelWarn, tried, err)
}

// fellBack notes what an attempt has come to, and puts off the next. The pauses grow only where something was placed in vain:
// nothing else has cost anything.
func (r *Reach) fellBack(ctx context.Context, level slog.Level, tried bool, err error) {
	r.m.Inside(func(in modem.Inside) { r.put(in, ctx, level, tried, err) })
}

func (r *Reach) put(in modem.Inside, ctx context.Context, level slog.Level, tried bool, err error) {
	r.sync(in)
	pause, failed := fallbackPause, err != nil && ctx.Err() == nil
	switch {
	case !tried && errors.Is(err, errNobodyAsks):
		return // the next program that writes has its turn at once
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
			level = slog.LevelDebug // status goes on showing it
		}
		r.unbegun = err.Error()
	}
	in.Defer(func() { r.log.Log(ctx, level, "fallback failed", "err", err, "again_in", pause.Round(time.Second)) })
}

// byTelephone wakes the modem and waits for its session, and calls it if that does not come. ctx ends when one comes, life
// with the modem. tried reports whether anything was placed.
func (r *Reach) byTelephone(ctx, life context.Context) (tried bool, err error) {
	d, f, number := r.how()
	if d == nil || number == "" { // a reload has come in between
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

// errNoTurn is of an attempt for which the plugged-in modem was not to be had.
var errNoTurn = errors.New("no wake-up")

// wokenBy wakes the modem and waits for its session.
func (r *Reach) wokenBy(ctx context.Context, d *Queue, since time.Time) (tried bool, err error) {
	if err := r.turn(ctx, d, since, askedFor); err != nil {
		return false, fmt.Errorf("%w: %w", errNoTurn, err)
	}
	if _, f, number := r.how(); !d.cfg.MayWake(f.Wake) || number == "" { // a reload has come meanwhile
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

// errNobodyAsks is of an attempt that waited for the plugged-in modem so long that no program wants it any more.
var errNobodyAsks = errors.New("no program has written any more while the plugged-in modem was busy")

// turn waits for the plugged-in modem, on behalf of a program that has written within that time then, too.
func (r *Reach) turn(ctx context.Context, d *Queue, since time.Time, within time.Duration) error {
	waited, _ := r.awaited()
	if err := d.Acquire(ctx, r.m, waited, since); err != nil {
		return err
	}
	_, asked := r.awaited()
	if time.Since(asked) > within {
		d.Release(r.m)
		return errNobodyAsks
	}
	return nil
}

// callBy calls the modem, and makes the call its session.
func (r *Reach) callBy(ctx, life context.Context, d *Queue, since time.Time) (calls bool, err error) {
	within := askedFor
	_, f, number := r.how()
	if f.Wake != "" {
		within += f.WakeWait // a program that pauses meanwhile is not taken for one that has left
	}
	if err := r.turn(ctx, d, since, within); err != nil {
		return false, err
	}
	over := r.reach("calls "+number, time.Time{})
	s, err := d.line.Call(ctx, number)
	over()
	n := placed(err)
	d.spend(r.m, ledger.Usage{Calls: n})
	if err != nil {
		d.Release(r.m)
		return n > 0, err
	}
	return true, r.attachCall(life, &telephoneCall{s: s, queue: d, number: number, billed: time.Now()})
}

// how is by which plugged-in modem, how, and by which number the modem is reached: nil and "" where it is not.
func (r *Reach) how() (d *Queue, f modem.FallbackConfig, number string) {
	r.m.Inside(func(in modem.Inside) {
		cfg := in.Config()
		if len(cfg.Numbers) > 0 {
			number = cfg.Numbers[0]
		}
		d, f = r.queue, cfg.Fallback
	})
	return d, f, number
}

// awaited reports whether a program is at one of the modem's ports, and when one wanted a session last.
func (r *Reach) awaited() (awaited bool, asked time.Time) {
	r.m.Inside(func(in modem.Inside) { awaited, asked = in.Awaited(), in.Asked() })
	return awaited, asked
}

// Asked tells the queue that a program has come to a port of the modem.
func (r *Reach) Asked() {
	var q *Queue
	r.m.Inside(func(modem.Inside) { q = r.queue })
	if q != nil {
		q.waits(r.m)
	}
}
