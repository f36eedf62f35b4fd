package fallback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"meterline/bridge/modem"
	"meterline/relay/usb/at"
)

// WakeResult is what was done to wake a modem, and the result.
type WakeResult struct {
	By      modem.Wake    `json:"by"`
	USB     string        `json:"usb"` // name of the plugged-in modem
	Number  string        `json:"number"`
	Wait    time.Duration `json:"wait_ns"`           // how long its session was awaited, at most
	Rung    at.RingResult `json:"rung,omitempty"`    // how the missed call ended
	Reply   string        `json:"reply,omitempty"`   // the last reply to the text message, quoted
	Online  bool          `json:"online,omitempty"`  // it had a session before
	Session bool          `json:"session,omitempty"` // its session came
	Problem string        `json:"problem,omitempty"` // why no session came
}

// freeWithin is how long an operator waits for the plugged-in modem to become free and to place the wake-up.
const freeWithin = 2 * time.Minute

// Wake wakes the modem now, for the operator's own trial, without the pauses of its fallback. It uses the configured way, or a missed
// call if none is. Then it waits for the session as Attempt does. If the modem has a session already, it waits for the reply, if one
// is expected.
func (r *Reach) Wake(ctx context.Context) (WakeResult, error) {
	ctx, end := r.withModem(ctx)
	defer end()
	online := r.m.HasSession()
	free, cancel := context.WithTimeoutCause(ctx, freeWithin, errors.New("the plugged-in modem was not free in time"))
	defer cancel()
	w, err := r.wakeNow(free)
	if err != nil {
		return WakeResult{}, err
	}
	defer w.over()
	w.online = online
	woken := WakeResult{By: w.by, USB: w.d.cfg.Name, Number: w.number, Wait: w.how.WakeWait, Rung: w.rung, Online: online}
	if online && (w.replies == nil || len(w.how.Answers) == 0) {
		return woken, nil // nothing can be awaited
	}
	switch err := w.arrives(ctx); {
	case err != nil:
		woken.Problem = err.Error()
	case !online:
		woken.Session = true
	}
	woken.Reply = w.reply
	return woken, nil
}

// NoFallback returns the error for a modem that cannot be woken because it has no fallback.
func NoFallback(m *modem.Modem) error {
	return fmt.Errorf("modem %s has no fallback: write fallback and number in its table", m.Name())
}

// StartWake places a wake-up without waiting for its result.
func (r *Reach) StartWake(ctx context.Context) error {
	w, err := r.wakeNow(ctx)
	if w != nil {
		w.over()
	}
	return err
}

// wakeNow places a wake-up. The caller ends it by over.
func (r *Reach) wakeNow(ctx context.Context) (*wakeUp, error) {
	d, f, number := r.settings()
	if d == nil || number == "" {
		return nil, NoFallback(r.m)
	}
	by := cmp.Or(f.Wake, modem.WakeCall)
	if !d.cfg.MayWake(by) {
		return nil, fmt.Errorf("usb modem %s may not do that: write %q into may of its table", d.cfg.Name, map[modem.Wake]string{modem.WakeCall: "wake", modem.WakeSMS: "sms"}[by])
	}
	if err := d.Acquire(ctx, r.m, true, time.Now()); err != nil {
		return nil, err
	}
	w, _, err := r.wakeUp(ctx, d)
	return w, err
}

// withModem returns a context that ends with the modem's life, too: one that a reload has changed opens its session for another.
func (r *Reach) withModem(ctx context.Context) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-r.m.Done():
			var cause error
			r.m.Inside(func(in modem.Inside) { cause = in.Closed() })
			cancel(cause)
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		cancel(nil)
		watch.Wait()
	}
}
