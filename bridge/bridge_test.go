package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/relay"
	"meterline/vport"
)

func TestKick(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		if err := r.Kick("m"); err == nil || !strings.Contains(err.Error(), "no session") {
			t.Errorf("a modem without a session: %v", err)
		}
		if err := r.Kick("nobody"); err == nil || !strings.Contains(err.Error(), `"nobody"`) {
			t.Errorf("an unknown name: %v", err)
		}
		f, g := r.callIn(), r.open("/p")
		r.write(g, "tail")
		if err := r.Kick("/p"); err != nil {
			t.Fatal(err)
		}
		f.wantCause(nil)
		f.want("tail")
		f.wantCause(relay.ErrKicked)
		f = r.callIn()
		r.write(g, "nobody takes this")
		if err := r.Kick("m"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(deliverTime + time.Millisecond)
		synctest.Wait()
		f.wantCause(relay.ErrKicked)
		f = r.callIn()
		r.write(g, "and on it goes")
		f.want("and on it goes")
	})
}

func TestPortThatCannotBeMade(t *testing.T) {
	inBubble(t, twoPorts(), func(r *rig) {
		d := r.rack.Port("/p")
		r.rack.Fail("/p", errors.New("no more ptys"))
		d.Close() // it fails while serving
		synctest.Wait()
		r.wantState("/p", port.Down)
		r.wantState("/q", port.Idle)
		time.Sleep(time.Minute)
		if s := r.port("/p"); !strings.Contains(s.Problem, "no more ptys") {
			t.Errorf("the problem is told as %q", s.Problem)
		}
		r.rack.Fail("/p", nil)
		time.Sleep(2 * time.Minute)
		r.wantState("/p", port.Idle)
		f, g := r.callIn(), r.open("/p")
		r.write(g, "works")
		f.want("works")
	})
}

func TestReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ready := make(chan struct{})
		b := New(twoPorts(), Options{
			Ready: func() { close(ready) },
			OpenPort: func(vport.Spec, vport.Presence) (vport.Port, error) {
				time.Sleep(time.Second)
				return nil, errors.New("no such luck")
			},
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go b.Run(ctx)
		began := time.Now()
		<-ready
		if d := time.Since(began); d != time.Second {
			t.Errorf("ready after %v", d)
		}
		cancel()
		<-b.done
	})
}

func TestWatch(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		ctx, cancel := context.WithCancel(r.t.Context())
		var seen []status.Traffic
		done := make(chan error)
		hold := make(chan struct{})
		go func() {
			done <- r.Watch(ctx, "m", false, func(p status.Traffic) { seen = append(seen, p); <-hold })
		}()
		synctest.Wait()
		r.write(g, "request")
		f.want("request")
		f.says("answer")
		for range watcherPieces + 10 { // a slow watcher slows nobody
			f.says("ab")
		}
		close(hold)
		synctest.Wait()
		f.says("more")
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(seen) < 3 || seen[0].Dir != status.ToModem || string(seen[0].Data) != "request" || seen[0].Port != "/p" {
			t.Fatalf("seen %+v", seen)
		}
		if seen[1].Dir != status.FromModem || string(seen[1].Data) != "answer" {
			t.Errorf("then %+v", seen[1])
		}
		if !slices.ContainsFunc(seen, func(p status.Traffic) bool { return strings.Contains(p.Note, "pieces not shown") }) {
			t.Error("lost pieces are not told of")
		}
		if err := r.Watch(r.t.Context(), "nobody", false, nil); err == nil {
			t.Error("an unknown name was watched")
		}
	})
}

// A name means a modem by itself, or by a port's name, path or device; that of dial-up ports the first one that has a call.
func TestFind(t *testing.T) {
	cfg := telephones()
	cfg.Modems[0].Name, cfg.Ports[0].Modem = "m", "m"
	inBubble(t, cfg, func(r *rig) {
		r.callIn()
		for name, want := range map[string]string{"/p": "", "m": "", "nobody": `"nobody"`, "": `""`, "/t1": "has no call", "phones": "has no call"} {
			if err := r.Find(name); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%q: %v, want %q", name, err, want)
			}
		}
		g := r.open("/t2")
		r.wantAnswer(g, "ATD12", connected)
		for _, name := range []string{"/t2", "phones"} {
			m, at, err := r.find(name)
			if err != nil || m != r.modem() || at != "/t2" {
				t.Errorf("%q is %v at %q, %v", name, m, at, err)
			}
		}
	})
}

// slowKind is ports that take a second to be made.
type slowKind struct{ opened atomic.Int64 }

func (*slowKind) Match(string) bool      { return true }
func (*slowKind) Check(vport.Spec) error { return nil }

func (k *slowKind) Open(vport.Spec, vport.Presence) (vport.Port, error) {
	k.opened.Add(1)
	time.Sleep(time.Second)
	return nil, errors.New("none")
}

// A bridge that is to end while it makes many ports does not make them all first.
func TestEndWhilePortsAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oneModem()
		for i := range 1000 {
			cfg.Ports = append(cfg.Ports, PortConfig{Name: fmt.Sprint("p", i), Modem: "m", Spec: vport.Spec{Address: fmt.Sprint("/p", i)}})
		}
		kind := new(slowKind)
		b := New(cfg, Options{Kinds: func(*slog.Logger) vport.Kinds { return vport.Kinds{kind} }})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(time.Second / 2)
		cancel()
		begun := time.Now()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if took, n := time.Since(begun), kind.opened.Load(); took > 2*time.Second || n > 2*openAtOnce {
			t.Errorf("it ends after %v, and has made %d ports", took, n)
		}
	})
}
