package bridge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/modem"
	"meterline/relay"
)

// An operator's wake-up ends at once, and says why, whatever becomes of its modem, of the daemon or of who asked for it.
func TestWakeIsInterrupted(t *testing.T) {
	changed := func(change func(c *Config)) func(*rig, Config) {
		return func(r *rig, c Config) {
			c.Modems = slices.Clone(c.Modems)
			change(&c)
			if _, err := r.Reload(c); err != nil {
				r.t.Error(err)
			}
		}
	}
	for name, c := range map[string]struct {
		meanwhile func(*rig, Config)
		says      string
	}{
		"its id is changed": {changed(func(c *Config) { c.Modems[0].ID = "9" }), errReconfigured.Error()},
		"it is removed":     {changed(func(c *Config) { c.Modems, c.Ports = nil, nil }), relay.ErrRemoved.Error()},
		"its note":          {changed(func(c *Config) { c.Modems[0].Note = "x" }), "no session came within 1m30s"},
		"Ctrl-C":            {nil, "not awaited any more: canceled"},
	} {
		for _, queued := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				config := plugged(modem.FallbackConfig{Wake: modem.WakeSMS, WakeText: "X"})
				inPluggedBubble(t, config, func(r *rig, p *fakeStick) {
					config.Exchanges = nil
					other := modem.New(modem.Config{Name: "other"}, nil, discard(), nil)
					if queued {
						if err := r.queue().Acquire(r.t.Context(), other, false, time.Now()); err != nil {
							t.Fatal(err)
						}
					}
					ctx, cancel := context.WithCancelCause(r.t.Context())
					var said string
					done := make(chan struct{})
					go func() {
						defer close(done)
						woken, err := r.Wake(ctx, "m")
						if said = woken.Problem; err != nil {
							said = err.Error()
						}
					}()
					time.Sleep(20 * time.Second)
					before := time.Now()
					if c.meanwhile == nil {
						cancel(errors.New("canceled"))
					} else {
						c.meanwhile(r, config)
					}
					if name == "its note" {
						r.queue().Release(other)
					}
					<-done
					cancel(nil)
					want := c.says
					if name == "Ctrl-C" && queued {
						want = "canceled"
					}
					if !strings.Contains(said, want) || name != "its note" && time.Since(before) > time.Second {
						t.Errorf("said %q after %v, want %q", said, time.Since(before), want)
					}
					r.queue().Release(other)
					synctest.Wait()
					if u := r.Status().USB[0]; u.Modem != "" || len(u.Waiting)+len(u.Awaited) != 0 {
						t.Errorf("not given back: %+v", u)
					}
				})
			})
		}
	}
}

// A number that is corrected while the modem waits for its turn is the one that is called; and a fallback that is taken away is not used.
func TestFallbackIsChangedInTheQueue(t *testing.T) {
	for name, c := range map[string]struct {
		change func(m *modem.Config)
		want   []string
	}{
		"number":    {func(m *modem.Config) { m.Numbers = []string{"+79180003344"} }, []string{`sms +79180003344 "X" at 3m0s`}},
		"text":      {func(m *modem.Config) { m.Fallback.WakeText = "Y" }, []string{`sms +79180001122 "Y" at 3m0s`}},
		"no wake":   {func(m *modem.Config) { m.Fallback.Wake = "" }, nil},
		"none":      {func(m *modem.Config) { m.Fallback = modem.FallbackConfig{} }, nil},
		"no number": {func(m *modem.Config) { m.Numbers = nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			config := plugged(modem.FallbackConfig{Wake: modem.WakeSMS, WakeText: "X", WakeWait: time.Hour})
			inPluggedBubble(t, config, func(r *rig, p *fakeStick) {
				other := modem.New(modem.Config{Name: "other"}, nil, discard(), nil)
				if err := r.queue().Acquire(r.t.Context(), other, false, time.Now()); err != nil {
					t.Fatal(err)
				}
				r.asks(p, 3*time.Minute)
				config.Exchanges, config.Modems = nil, slices.Clone(config.Modems)
				c.change(&config.Modems[0])
				if _, err := r.Reload(config); err != nil {
					t.Error(err)
				}
				r.queue().Release(other)
				time.Sleep(30 * time.Second)
				r.wantDone(p, c.want...)
				if u := r.Status().USB[0]; u.Modem != "" || len(u.Waiting) != 0 {
					t.Errorf("not given back: %+v", u)
				}
			})
		})
	}
}
