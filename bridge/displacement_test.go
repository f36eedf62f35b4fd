package bridge

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/relay"
)

func TestDisplacement(t *testing.T) {
	t.Run("bytes go to the new session", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			old, g := r.callIn(), r.open("/p")
			r.write(g, "to the old one")
			f := r.callIn()
			time.Sleep(drainTime)
			synctest.Wait()
			old.wantCause(relay.ErrDisplaced)
			f.want()
			r.wantDropped("/p", status.DropEnded, 14)
			r.write(g, "to the new one")
			f.want("to the new one")
			f.says("answer")
			r.wantRead(g, "answer")
			r.wantState("/p", port.Joined)
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
			if n := len(g.ReadWaiting()); n < 16<<10 {
				t.Errorf("the program reads %d bytes of the old session", n)
			}
			time.Sleep(3 * time.Second)
			g.ReadWaiting()
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
			time.Sleep(deliverTime + drainTime + time.Millisecond)
			synctest.Wait()
			old.wantCause(relay.ErrDisplaced)
			g.ReadWaiting()
			f.want()
			f.says("new")
			r.wantRead(g, "new")
		})
	})
	t.Run("a policy refuses", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			old, g := r.callIn(), r.open("/p")
			r.callInWith(modem.TakeoverNever)
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
				if err := r.modem().Answer(f.session, modem.TakeoverNewest); err != nil {
					t.Fatal(err)
				}
				fars = append(fars, f)
			}
			time.Sleep(drainTime)
			synctest.Wait()
			for _, f := range fars[:5] {
				f.wantCause(relay.ErrDisplaced)
			}
			fars[5].wantCause(nil)
			m := r.Status().Modems[0]
			if m.Contested || !strings.Contains(m.Problem, "without closing its connection") {
				t.Errorf("it calls from one address again and again: contested %v, problem %q", m.Contested, m.Problem)
			}
			time.Sleep(contestTime + time.Second)
			if problem := r.Status().Modems[0].Problem; problem != "" {
				t.Errorf("a problem for ever: %q", problem)
			}
		})
	})
}
