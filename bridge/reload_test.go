package bridge

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/modem"
)

// What does not concern a session does not cut it.
func TestReloadKeepsTheSession(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*Config)
		changed string
		program bool // it stays
	}{
		{"a note", func(c *Config) { c.Modems[0].Note = "behind the boiler" }, "modem m", true},
		{"lease_idle", func(c *Config) { c.Modems[0].LeaseIdle = time.Hour }, "modem m", true},
		{"linger", func(c *Config) { c.Modems[0].Linger = time.Hour }, "modem m", true},
		{"number", func(c *Config) { c.Modems[0].Numbers = []string{"+79180001133"} }, "modem m", true},
		{"ring", func(c *Config) { c.Modems[0].Ring = "office" }, "modem m", true},
		{"fallback", func(c *Config) { c.Modems[0].Fallback = modem.FallbackConfig{USB: "gsm", Call: true} }, "modem m", true},
		{"mode", func(c *Config) { c.Ports[0].Spec.Mode = 0o600 }, "port /p", true},
		{"group", func(c *Config) { c.Ports[0].Spec.Group = "uucp" }, "port /p", true},
		{"who may connect", func(c *Config) { c.Ports[0].Spec.Allow = "10.0.0.0/8" }, "port /p", false},
		{"what an exchange allows", func(c *Config) { c.Exchanges[0].MaxUnregistered = 7 }, "exchange x", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := oneModem()
			cfg.Exchanges = []ExchangeConfig{{Name: "x", Listen: "127.0.0.1:0"}}
			inBubble(t, cfg, func(r *rig) {
				f, g := r.callIn(), r.open("/p")
				r.write(g, "one")
				f.want("one")
				next := cfg
				next.Modems, next.Ports, next.Exchanges = slices.Clone(cfg.Modems), slices.Clone(cfg.Ports), slices.Clone(cfg.Exchanges)
				c.change(&next)
				done, err := r.Reload(next)
				if err != nil || !slices.Equal(done.Changed, []string{c.changed}) || len(done.Added)+len(done.Removed) > 0 {
					t.Errorf("it did %+v, %v", done, err)
				}
				synctest.Wait()
				if got := r.rack.Port("/p").Spec(); got != next.Ports[0].Spec {
					t.Errorf("the port is %+v, want %+v", got, next.Ports[0].Spec)
				}
				if !c.program {
					g = r.open("/p")
				}
				r.write(g, "two")
				f.want("two")
				f.says("answer")
				r.wantRead(g, "answer")
				if s := r.Status().Modems[0]; s.Note != next.Modems[0].Note || s.Sessions != 1 {
					t.Errorf("status tells of %d sessions, note %q", s.Sessions, s.Note)
				}
				if again, err := r.Reload(next); err != nil || len(again.Changed) > 0 {
					t.Errorf("nothing has changed, and it did %+v, %v", again, err)
				}
			})
		})
	}
}
