package bridge

import (
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/ledger"
	"meterline/bridge/modem"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

// asks is a program that asks again and again, for that long; it tells how often the plugged-in modem was used meanwhile.
func (r *rig) asks(p *fakeStick, long time.Duration) int {
	r.t.Helper()
	before := p.count()
	g := r.open("/p")
	defer g.Close()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(5 * time.Second) {
		r.write(g, "request")
	}
	return p.count() - before
}

// Attempts in vain are at growing pauses; when the modem has come back by itself, what is to come is another outage.
func TestBackOffBeginsAnew(t *testing.T) {
	inPluggedBubble(t, plugged(modem.FallbackConfig{Call: true}), func(r *rig, p *fakeStick) {
		if n := r.asks(p, 6*time.Hour); n < 4 || n > 14 {
			t.Errorf("a dead modem was called %d times in six hours", n)
		}
		if n := r.asks(p, 10*time.Minute); n > 1 {
			t.Errorf("%d times in ten minutes more", n)
		}
		f := r.callIn()
		time.Sleep(time.Minute)
		f.conn.Close()
		synctest.Wait()
		if n := r.asks(p, 10*time.Minute); n < 2 {
			t.Errorf("behind a session it was called %d times in ten minutes", n)
		}
	})
}

// An attempt that could not begin costs nothing, and lengthens no pause.
func TestUnbegunAttemptsLengthenNoPause(t *testing.T) {
	fails := func(err error) func(*rig, *fakeStick) func() {
		return func(_ *rig, p *fakeStick) func() {
			set := func(err error) { p.mu.Lock(); p.fails = err; p.mu.Unlock() }
			set(err)
			return func() { set(nil) }
		}
	}
	tests := map[string]func(r *rig, p *fakeStick) (repair func()){
		"busy":           fails(usb.ErrBusy),
		"absent":         fails(usb.ErrAbsent),
		"broken":         fails(usb.ErrFailed),
		"no network":     fails(at.ErrNotRegistered),
		"weak signal":    fails(at.ErrWeakSignal),
		"no SIM":         fails(at.ErrNoSIM),
		"over the limit": changesDesk(func(c *fallback.Config) { c.DayTime = 1 }),
		"outside hours":  changesDesk(func(c *fallback.Config) { c.From, c.To = 23*time.Hour, 23*time.Hour+time.Second }),
		"outage": func(r *rig, _ *fakeStick) func() {
			a := outageOf(21, 6)
			r.modem().SetOutage(a)
			return func() { a.Add(-5) }
		},
	}
	for name, hinder := range tests {
		t.Run(name, func(t *testing.T) {
			inPluggedBubble(t, plugged(modem.FallbackConfig{Call: true}), func(r *rig, p *fakeStick) {
				repair := hinder(r, p)
				r.asks(p, 4*time.Hour)
				if u := r.Status().USB[0]; u.Calls != 0 {
					t.Errorf("%d calls were counted", u.Calls)
				}
				repair()
				if n := r.asks(p, 135*time.Second); n == 0 {
					t.Error("the pause has grown")
				}
			})
		})
	}
}

// changesDesk is a limit that holds until it is repaired.
func changesDesk(limit func(*fallback.Config)) func(*rig, *fakeStick) func() {
	return func(r *rig, _ *fakeStick) func() {
		d := r.queue()
		mu, cfg := mutexesOf(d)["mu"], inner[fallback.Config](d, "cfg")
		mu.Lock()
		defer mu.Unlock()
		before := *cfg
		limit(cfg)
		(*inner[*ledger.Spending](d, "spent")).Add("another", ledger.Usage{Talked: time.Second}, time.Now())
		return func() {
			mu.Lock()
			defer mu.Unlock()
			*cfg = before
		}
	}
}

// A session that comes while an attempt is under way ends it, and the attempt counts for nothing.
func TestSessionDuringAnAttempt(t *testing.T) {
	inPluggedBubble(t, plugged(modem.FallbackConfig{Call: true}), func(r *rig, p *fakeStick) {
		p.lasts = time.Minute
		g := r.open("/p")
		for range 25 {
			r.write(g, "request")
			time.Sleep(5 * time.Second)
		}
		r.wantDone(p, "call +79180001122 at 2m0s")
		f := r.callIn()
		if u := r.Status().USB[0]; u.Modem != "" {
			t.Error("the plugged-in modem is still in use")
		}
		if err := r.Status().Modems[0].LastError; err != "" {
			t.Errorf("last error: %s", err)
		}
		f.conn.Close()
		synctest.Wait()
		if n := r.asks(p, 130*time.Second); n != 1 {
			t.Errorf("called %d times behind that", n)
		}
	})
}
