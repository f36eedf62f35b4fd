package bridge

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/modem"
	"meterline/relay"
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

func TestReload(t *testing.T) {
	two := twoPorts()
	two.Modems = append(two.Modems, modem.Config{Name: "n", Exchange: "x", ID: "2"})
	inBubble(t, two, func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		r.write(g, "one")
		f.want("one")
		device := r.rack.Port("/p")

		same, err := r.Reload(two)
		if err != nil || len(same.Added)+len(same.Changed)+len(same.Removed) > 0 {
			t.Errorf("nothing has changed, and it did %+v, %v", same, err)
		}
		next := two
		next.Modems = slices.Clone(two.Modems)
		next.Modems[0].OnOpen = true
		next.Modems[1] = modem.Config{Name: "o", Exchange: "x", ID: "3"}
		next.Ports = two.Ports[:1]
		done, err := r.Reload(next)
		if err != nil || !slices.Equal(done.Changed, []string{"modem m"}) || !slices.Equal(done.Added, []string{"modem o"}) ||
			!slices.Equal(done.Removed, []string{"modem n", "port /q"}) {
			t.Errorf("it did %+v, %v", done, err)
		}
		f.wantCause(errReconfigured)
		if r.rack.Port("/p") != device {
			t.Error("the port was made anew")
		}
		f = r.callIn()
		r.write(g, "two") // the same open program
		f.want("two")
		f.says("answer")
		r.wantRead(g, "answer")

		next.Modems = slices.Clone(next.Modems)
		next.Modems[0].Disabled = true
		if _, err := r.Reload(next); err != nil {
			t.Fatal(err)
		}
		r.wantState("/p", "disabled")
		if _, err := g.Read(make([]byte, 1)); err == nil {
			t.Error("the program of a disabled modem was not hung up")
		}
	})
}

func TestReloadBehindTheEnd(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		r.stop()
		if _, err := r.Reload(oneModem()); !errors.Is(err, relay.ErrShutdown) {
			t.Errorf("error %v", err)
		}
	})
}

// thing is a task of a group that says why it was ended.
type thing struct {
	cfg   string
	ended error
}

func (t *thing) run(ctx context.Context) {
	<-ctx.Done()
	t.ended = context.Cause(ctx)
}

// A reload's difference changes nothing by itself. What is applied of it ends what it should, with its cause, and leaves the rest alone.
func TestGroupFollowsTheConfiguration(t *testing.T) {
	g := newGroup("thing", func(t *thing) string { return t.cfg }, func(t *thing, next string) bool {
		if next != "easy" {
			return false
		}
		t.cfg = next
		return true
	})
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancelCause(t.Context())
	defer wg.Wait()
	defer cancel(relay.ErrShutdown)
	have := map[string]*thing{"same": {cfg: "1"}, "gone": {cfg: "1"}, "eased": {cfg: "1"}, "changed": {cfg: "1"}}
	for name, it := range have {
		g.start(ctx, &wg, name, it, it.run)
	}
	wanted := map[string]string{"same": "1", "eased": "easy", "changed": "2", "new": "1"}
	d := g.diff(wanted)
	if want := (difference{kind: "thing", added: []string{"new"}, changed: []string{"changed", "eased"}, removed: []string{"gone"}}); !reflect.DeepEqual(d, want) {
		t.Errorf("the difference is %+v, want %+v", d, want)
	}
	g.goOver(&d, wanted)
	if stopping := g.stopping(d); len(stopping) != 2 || stopping["changed"] == nil || stopping["gone"] == nil {
		t.Errorf("to be stopped are %v", stopping)
	}
	g.stop(d, errReconfigured)
	for name, want := range map[string]error{"same": nil, "eased": nil, "gone": relay.ErrRemoved, "changed": errReconfigured} {
		_, there := g.has(name)
		if got := have[name]; there != (want == nil) || !errors.Is(got.ended, want) {
			t.Errorf("%s: there %v, ended by %v, want %v", name, there, got.ended, want)
		}
	}
	if got := d.starting(); !slices.Equal(got, []string{"new", "changed"}) {
		t.Errorf("to be started are %q", got)
	}
	if got := len(g.inOrder()); got != 2 {
		t.Errorf("%d are left", got)
	}
}

// A port that has become a dial-up port is changed, and neither added nor removed.
func TestChangesOfSeveralGroups(t *testing.T) {
	c := changesOf(
		difference{kind: "port", added: []string{"/new"}, removed: []string{"/moved", "/gone"}},
		difference{kind: "port", added: []string{"/moved"}},
		difference{kind: "modem", changed: []string{"m"}},
	)
	if !slices.Equal(c.Added, []string{"port /new"}) || !slices.Equal(c.Changed, []string{"modem m", "port /moved"}) || !slices.Equal(c.Removed, []string{"port /gone"}) {
		t.Errorf("got %+v", c)
	}
}
