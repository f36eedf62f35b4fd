package bridge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay"
	"meterline/vport"
)

func TestDisplacement(t *testing.T) {
	t.Run("bytes go to the new session", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			old, g := r.callIn(), r.open("/p")
			r.write(g, "to the old one")
			f := r.callIn()
			time.Sleep(drainFor)
			synctest.Wait()
			old.wantCause(relay.ErrDisplaced)
			f.want()
			r.wantDropped("/p", dropEnded, 14)
			r.write(g, "to the new one")
			f.want("to the new one")
			f.says("answer")
			r.wantRead(g, "answer")
			r.wantState("/p", portJoined)
			if m := r.Status().Modems[0]; m.Displaced != 1 || m.Sessions != 2 {
				t.Errorf("%d displaced of %d", m.Displaced, m.Sessions)
			}
		})
	})
	t.Run("what the old one had brought is delivered, the clean-up harms nobody", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			old, g := r.callIn(), r.open("/p")
			r.write(g, "request")
			old.want("request")
			go old.conn.Write([]byte(strings.Repeat("o", 20<<10))) // more than the port takes unread
			synctest.Wait()
			f := r.callIn()
			r.write(g, "again") // goes to the new one while the old one's bytes still wait
			f.want("again")
			if n := len(r.read(g)); n < 16<<10 {
				t.Errorf("the program reads %d bytes of the old session", n)
			}
			time.Sleep(3 * time.Second)
			r.read(g)
			f.says("answer")
			r.wantRead(g, "answer")
		})
	})
	t.Run("a program that reads nothing holds the new session up for two seconds at most", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			old, g := r.callIn(), r.open("/p")
			r.write(g, "request")
			go old.conn.Write(make([]byte, 100<<10))
			synctest.Wait()
			f := r.callIn()
			time.Sleep(deliverWithin + drainFor + time.Millisecond)
			synctest.Wait()
			old.wantCause(relay.ErrDisplaced)
			r.read(g)
			f.want()
			f.says("new")
			r.wantRead(g, "new")
		})
	})
	t.Run("a policy refuses", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			old, g := r.callIn(), r.open("/p")
			r.callInWith(TakeoverNever)
			old.wantCause(nil)
			r.write(g, "request")
			old.want("request")
		})
	})
	t.Run("a sequence of newcomers, one session in the end", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			var fars []*far
			for range 6 {
				f := newFar(r.t)
				if err := r.modem().answer(f.session, TakeoverNewest); err != nil {
					t.Fatal(err)
				}
				fars = append(fars, f)
			}
			time.Sleep(drainFor)
			synctest.Wait()
			for _, f := range fars[:5] {
				f.wantCause(relay.ErrDisplaced)
			}
			fars[5].wantCause(nil)
			m := r.Status().Modems[0]
			if !m.Contested || !strings.Contains(m.Problem, "contested") {
				t.Error("not shown as contested")
			}
			time.Sleep(contestedWithin + time.Second)
			if r.Status().Modems[0].Contested {
				t.Error("contested for ever")
			}
		})
	})
}

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
		time.Sleep(deliverWithin + time.Millisecond)
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
		r.wantState("/p", portDown)
		r.wantState("/q", portIdle)
		time.Sleep(time.Minute)
		if s := r.port("/p"); !strings.Contains(s.Problem, "no more ptys") {
			t.Errorf("the problem is told as %q", s.Problem)
		}
		r.rack.Fail("/p", nil)
		time.Sleep(2 * time.Minute)
		r.wantState("/p", portIdle)
		f, g := r.callIn(), r.open("/p")
		r.write(g, "works")
		f.want("works")
	})
}

func TestReload(t *testing.T) {
	two := twoPorts()
	two.Modems = append(two.Modems, ModemConfig{Name: "n", Exchange: "x", ID: "2"})
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
		next.Modems[1] = ModemConfig{Name: "o", Exchange: "x", ID: "3"}
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
		var seen []Tapped
		done := make(chan error)
		hold := make(chan struct{})
		go func() {
			done <- r.Watch(ctx, "m", func(p Tapped) { seen = append(seen, p); <-hold })
		}()
		synctest.Wait()
		r.write(g, "request")
		f.want("request")
		f.says("answer")
		for range tapDepth + 10 { // a slow watcher slows nobody
			f.says("ab")
		}
		close(hold)
		synctest.Wait()
		f.says("more")
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(seen) < 3 || seen[0].Dir != ToModem || string(seen[0].Data) != "request" || seen[0].Port != "/p" {
			t.Fatalf("seen %+v", seen)
		}
		if seen[1].Dir != FromModem || string(seen[1].Data) != "answer" {
			t.Errorf("then %+v", seen[1])
		}
		if !slices.ContainsFunc(seen, func(p Tapped) bool { return strings.Contains(p.Note, "pieces not shown") }) {
			t.Error("lost pieces are not told of")
		}
		if err := r.Watch(r.t.Context(), "nobody", nil); err == nil {
			t.Error("an unknown name was watched")
		}
	})
}
