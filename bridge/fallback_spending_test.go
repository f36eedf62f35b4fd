package bridge

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
)

// A call that is used without a pause ends when the day's minutes do, and so it does at the end of the hours.
func TestCallEndsAtItsLimit(t *testing.T) {
	for name, c := range map[string]struct {
		limit func(u *fallback.Config)
		most  time.Duration
		says  string
	}{
		"minutes of all": {func(u *fallback.Config) { u.DayTime = 10 * time.Minute }, 10*time.Minute + 2*lookTime, "limit"},
		"its own":        {func(u *fallback.Config) { u.ModemDayTime = 10 * time.Minute }, 10*time.Minute + 2*lookTime, "limit"},
		"hours": {func(u *fallback.Config) {
			h, m, _ := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Local().Clock() // when the time of a bubble begins
			u.From = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
			u.To = u.From + 20*time.Minute
		}, 20 * time.Minute, "hour"},
	} {
		t.Run(name, func(t *testing.T) {
			limited := plugged(modem.FallbackConfig{Call: true})
			c.limit(&limited.USB[0])
			inPluggedBubble(t, limited, func(r *rig, p *fakeStick) {
				p.answers(r)
				r.asks(p, 2*time.Hour)
				u := r.Status().USB[0]
				talked, err := time.ParseDuration(u.Talked)
				if err != nil || talked > c.most || talked < c.most/2 || u.Modem != "" {
					t.Errorf("%+v, %v", u, err)
				}
				if m := r.Status().Modems[0]; !strings.Contains(m.LastError, c.says) {
					t.Errorf("last error: %s", m.LastError)
				}
			})
		})
	}
}

// The minutes of a call that stands are counted as they pass.
func TestCallIsCountedWhileItStands(t *testing.T) {
	inPluggedBubble(t, plugged(modem.FallbackConfig{Call: true}), func(r *rig, p *fakeStick) {
		p.answers(r)
		r.asks(p, 10*time.Minute)
		if u := r.Status().USB[0]; u.Modem == "" || u.Talked < "7m" || len(u.Talked) < 4 {
			t.Errorf("%+v", u)
		}
	})
}

// Who waits for the plugged-in modem, and whose program has left meanwhile, spends nothing; the next program is served at once.
func TestNothingIsSpentOnWhoHasLeft(t *testing.T) {
	for name, f := range map[string]modem.FallbackConfig{"call": {Call: true}, "wake": {Wake: modem.WakeSMS, WakeText: "X"}} {
		t.Run(name, func(t *testing.T) {
			inPluggedBubble(t, plugged(f), func(r *rig, p *fakeStick) {
				other := modem.New(modem.Config{Name: "other"}, nil, discard(), nil)
				d := r.queue()
				if err := d.Acquire(r.t.Context(), other, true, time.Now()); err != nil {
					t.Fatal(err)
				}
				if n := r.asks(p, 3*time.Minute); n != 0 || len(r.Status().USB[0].Waiting) != 1 {
					t.Errorf("used %d times", n)
				}
				time.Sleep(2 * time.Minute)
				d.Release(other)
				synctest.Wait()
				if n := p.count(); n != 0 || r.Status().USB[0].Modem != "" {
					t.Errorf("used %d times for nobody: %+v", n, r.Status().USB[0])
				}
				if n := r.asks(p, 10*time.Second); n != 1 {
					t.Errorf("used %d times for the next program", n)
				}
			})
		})
	}
}
