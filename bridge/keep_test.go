package bridge

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay"
)

func TestFarEndEnds(t *testing.T) {
	t.Run("what it sent is delivered", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, "request")
			f.want("request")
			f.says(strings.Repeat("x", 9000) + "end")
			f.hangUp()
			r.wantRead(g, strings.Repeat("x", 9000)+"end")
			r.wantState("/p", portWaiting)
			f.wantCause(errFarEnd)
		})
	})
	t.Run("what it has not taken is dropped, counted, and never carried over", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, "never read")
			r.write(g, "nor this")
			f.hangUp()
			r.wantDropped("/p", dropEnded, int64(len("never readnor this")))
			f = r.callIn()
			f.want()
			r.wantState("/p", portJoined)
			r.write(g, "new")
			f.want("new")
		})
	})
}

func TestProgramLeaves(t *testing.T) {
	t.Run("its tail is sent", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, "the tail")
			g.Close()
			synctest.Wait()
			r.wantState("/p", portClearing)
			time.Sleep(deliverWithin - time.Millisecond)
			f.want("the tail")
			r.wantState("/p", portIdle)
			if s := r.port("/p"); len(s.Dropped) > 0 {
				t.Errorf("dropped %v", s.Dropped)
			}
		})
	})
	t.Run("a tail that nobody takes is dropped after its time", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, "the tail")
			g.Close()
			time.Sleep(deliverWithin + time.Millisecond)
			synctest.Wait()
			f.want()
			r.wantState("/p", portIdle)
			r.wantDropped("/p", dropLeft, 8)
			g = r.open("/p")
			r.write(g, "next") // the line is as good as before
			f.want("next")
		})
	})
	t.Run("what comes for it is dropped", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, "request")
			f.want("request")
			g.Close()
			f.says("answer")
			g = r.open("/p")
			r.wantRead(g, "")
			if m := r.Status().Modems[0]; m.Dropped[dropNobody] != 6 {
				t.Errorf("dropped %v", m.Dropped)
			}
		})
	})
	t.Run("with a backlog that is full", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			done := make(chan int, 1)
			go func() {
				n, _ := g.Write(make([]byte, 300<<10)) // ends when the program is gone
				done <- n
			}()
			synctest.Wait()
			if s := r.port("/p"); s.FromDTE > backlogMax+64<<10 {
				t.Errorf("%d bytes were taken from a program whose modem takes none", s.FromDTE)
			}
			f.pieces() // everything goes when the modem takes it
			if n := <-done; n != 300<<10 {
				t.Errorf("the program wrote %d", n)
			}
			if s := r.port("/p"); s.FromDTE != 300<<10 || len(s.Dropped) > 0 {
				t.Errorf("%d bytes went, dropped %v", s.FromDTE, s.Dropped)
			}
		})
	})
}

func TestAlwaysKeepsNothing(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		g := r.open("/p")
		r.write(g, "into an outage")
		r.wantState("/p", portWaiting)
		r.wantDropped("/p", dropNoSession, 14)
		f := r.callIn()
		f.want()
		r.wantState("/p", portJoined)
	})
}

func TestOnOpen(t *testing.T) {
	t.Run("the first request is kept and sent", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(3*time.Second), r.open("/p")
			r.write(g, "first ")
			r.write(g, "request")
			r.wantState("/p", portWaiting)
			time.Sleep(3 * time.Second)
			f.want("first request")
			r.wantState("/p", portJoined)
		})
	})
	t.Run("a request that waited too long is dropped", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(burstAge+time.Second), r.open("/p")
			r.write(g, "request")
			time.Sleep(burstAge + 2*time.Second)
			f.want()
			r.wantDropped("/p", dropTooOld, 7)
		})
	})
	t.Run("only the last request is sent", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(3*time.Second), r.open("/p")
			r.write(g, "one")
			time.Sleep(burstPause + time.Millisecond)
			r.write(g, "two")
			time.Sleep(3 * time.Second)
			f.want("two")
			r.wantDropped("/p", dropBurst, 3)
		})
	})
	t.Run("a program that leaves before the session has its tail for a time", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(time.Second), r.open("/p")
			r.write(g, "one shot")
			g.Close()
			time.Sleep(time.Second)
			f.want("one shot")
			r.wantState("/p", portIdle)
		})
		inBubble(t, onOpen(), func(r *rig) {
			f, g := r.answersAfter(3*time.Second), r.open("/p")
			r.write(g, "one shot")
			g.Close()
			time.Sleep(3 * time.Second)
			f.want()
			r.wantDropped("/p", dropLeft, 8)
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
			time.Sleep(openSettle)
			synctest.Wait()
			if r.Status().Modems[0].State != string(up) {
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
