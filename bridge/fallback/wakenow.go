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

// Woken is what has been done to wake a modem, and what came of it.
type Woken struct {
	By      modem.Wake    `json:"by"`
	USB     string        `json:"usb"` // Name of the plugged-in modem
	Number  string        `json:"number"`
	Wait    time.Duration `json:"wait_ns"`           // how long its session was awaited, at most
	Rung    at.RingResult `json:"rung,omitempty"`    // how the missed call ended
	Reply   string        `json:"reply,omitempty"`   // the last one to the text message, quoted
	Online  bool          `json:"online,omitempty"`  // it had a session before
	Session bool          `json:"session,omitempty"` // its session came
	Problem string        `json:"problem,omitempty"` // why the waiting is over without one
}

// freeWithin is how long an operator waits for the plugged-in modem to be free, and to have done its part.
const freeWithin = 2 * time.Minute

// Wake lets the modem be woken now, whatever the times of its fallback, for the operator's own trial: by its own way, or by a
// missed call if it has none. Then it waits for the session, as the modem's fallback does; for one that has a session, only for the
// reply where one is expected.
func (r *Reach) Wake(ctx context.Context) (Woken, error) {
	ctx, end := r.withModem(ctx)
	defer end()
	online := r.m.HasSession()
	free, cancel := context.WithTimeoutCause(ctx, freeWithin, errors.New("the plugged-in modem was not free in time"))
	defer cancel()
	w, err := r.wakeNow(free)
	if err != nil {
		return Woken{}, err
	}
	defer w.over()
	w.online = online
	woken := Woken{By: w.by, USB: w.d.cfg.Name, Number: w.number, Wait: w.how.WakeWait, Rung: w.rung, Online: online}
	if online && (w.replies == nil || len(w.how.Answers) == 0) {
		return woken, nil // there is nothing to wait for
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

// NoFallback is the error of who wants m to be woken, which cannot be.
func NoFallback(m *modem.Modem) error {
	return fmt.Errorf("modem %s has no fallback: write fallback and number in its table", m.Name())
}

// Tap places a wake-up, without waiting for what comes of it.
func (r *Reach) Tap(ctx context.Context) error {
	w, err := r.wakeNow(ctx)
	if w != nil {
		w.over()
	}
	return err
}

// wakeNow places the wake-up. The caller ends it by over.
func (r *Reach) wakeNow(ctx context.Context) (*wakeUp, error) {
	d, f, number := r.how()
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
