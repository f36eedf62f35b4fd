package bridge

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
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
			r.wantState("/p", port.Waiting)
			f.wantCause(modem.ErrFarEnd)
		})
	})
	t.Run("what it has not taken is dropped, counted, and never carried over", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, "never read")
			r.write(g, "nor this")
			f.hangUp()
			r.wantDropped("/p", status.DropEnded, int64(len("never readnor this")))
			f = r.callIn()
			f.want()
			r.wantState("/p", port.Joined)
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
			r.wantState("/p", port.Clearing)
			time.Sleep(deliverTime - time.Millisecond)
			f.want("the tail")
			r.wantState("/p", port.Idle)
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
			time.Sleep(deliverTime + time.Millisecond)
			synctest.Wait()
			f.want()
			r.wantState("/p", port.Idle)
			r.wantDropped("/p", status.DropLeft, 8)
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
			if m := r.Status().Modems[0]; m.Dropped[status.DropNobody] != 6 {
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
			if s := r.port("/p"); s.FromDTE > backlogBytes+64<<10 {
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
