package bridge

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/relay"
)

func TestAlwaysKeepsNothing(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		g := r.open("/p")
		r.write(g, "into an outage")
		r.wantState("/p", port.Waiting)
		r.wantDropped("/p", status.DropNoSession, 14)
		f := r.callIn()
		f.want()
		r.wantState("/p", port.Joined)
	})
}

func TestOnOpen(t *testing.T) {
	t.Run("the first request is kept and sent", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(3*time.Second), r.open("/p")
			r.write(g, "first ")
			r.write(g, "request")
			r.wantState("/p", port.Waiting)
			time.Sleep(3 * time.Second)
			f.want("first request")
			r.wantState("/p", port.Joined)
		})
	})
	t.Run("a request that waited too long is dropped", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(keepTime+time.Second), r.open("/p")
			r.write(g, "request")
			time.Sleep(keepTime + 2*time.Second)
			f.want()
			r.wantDropped("/p", status.DropTooOld, 7)
		})
	})
	t.Run("only the last request is sent", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(3*time.Second), r.open("/p")
			r.write(g, "one")
			time.Sleep(keepPause + time.Millisecond)
			r.write(g, "two")
			time.Sleep(3 * time.Second)
			f.want("two")
			r.wantDropped("/p", status.DropNewer, 3)
		})
	})
	t.Run("a program that leaves before the session has its tail for a time", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(time.Second), r.open("/p")
			r.write(g, "one shot")
			g.Close()
			time.Sleep(time.Second)
			f.want("one shot")
			r.wantState("/p", port.Idle)
		})
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(3*time.Second), r.open("/p")
			r.write(g, "one shot")
			g.Close()
			time.Sleep(3 * time.Second)
			f.want()
			r.wantDropped("/p", status.DropLeft, 8)
		})
	})
	t.Run("a scan calls nobody", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			for range 20 {
				r.open("/p").Close()
				time.Sleep(time.Second)
			}
			if n := r.line.count(); n > 0 {
				t.Errorf("%d calls", n)
			}
		})
	})
	t.Run("an open without a byte calls, and the session lingers", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(0), r.open("/p")
			time.Sleep(openTime)
			synctest.Wait()
			if r.Status().Modems[0].State != string(modem.Up) {
				t.Fatal("not called")
			}
			g.Close()
			time.Sleep(20 * time.Second)
			g = r.open("/p") // back in time
			time.Sleep(time.Hour)
			synctest.Wait()
			f.wantCause(nil)
			g.Close()
			time.Sleep(30*time.Second + time.Millisecond)
			synctest.Wait()
			f.wantCause(relay.ErrLinger)
			if m := r.Status().Modems[0]; m.Problem != "" || m.LastError != "" {
				t.Errorf("that is no fault: %q %q", m.Problem, m.LastError)
			}
		})
	})
	t.Run("nobody wants the session any more when it comes", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(5*time.Second), r.open("/p")
			time.Sleep(time.Second)
			g.Close()
			time.Sleep(35 * time.Second)
			synctest.Wait()
			f.wantCause(relay.ErrLinger)
		})
	})
}

func TestBackOff(t *testing.T) {
	c := onOpen()
	c.Modems[0].OnOpen = false
	inBubble(t, c, func(r *rig) {
		time.Sleep(time.Hour)
		r.line.mu.Lock()
		calls := slices.Clone(r.line.calls)
		r.line.mu.Unlock()
		if len(calls) < 40 || len(calls) > 130 {
			t.Errorf("%d calls in an hour, want about one a minute", len(calls))
		}
		for i := 1; i < len(calls); i++ {
			if d := calls[i].Sub(calls[i-1]); d < time.Second || d > 91*time.Second {
				t.Errorf("pause %d is %v", i, d)
			}
		}
		if p := r.Status().Modems[0].Problem; !strings.Contains(p, "connection refused") {
			t.Errorf("the problem is told as %q", p)
		}
	})
}

// A device that answers and hangs up at once must not be called in a loop.
func TestBackOffOfSessionsThatBringNothing(t *testing.T) {
	c := onOpen()
	c.Modems[0].OnOpen = false
	inBubble(t, c, func(r *rig) {
		r.line.mu.Lock()
		r.line.answer = func() (*relay.Session, error) {
			f := newFar(r.t)
			f.conn.Close()
			return f.session, nil
		}
		r.line.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := r.line.count(); n > 130 {
			t.Errorf("%d calls in an hour", n)
		}
	})
}
