package bridge

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/port"
	"meterline/bridge/status"
)

func TestLease(t *testing.T) {
	t.Run("opening alone takes none", func(t *testing.T) {
		inBubble(t, twoPorts(), func(r *rig) {
			f := r.callIn()
			r.open("/p")
			g := r.open("/q")
			r.write(g, "request")
			f.want("request")
			r.wantState("/q", port.Joined)
			r.wantState("/p", port.Idle)
		})
	})
	t.Run("a second port's bytes are dropped and counted", func(t *testing.T) {
		inBubble(t, twoPorts(), func(r *rig) {
			f := r.callIn()
			one, two := r.open("/p"), r.open("/q")
			r.write(one, "one")
			r.write(two, "two")
			f.want("one")
			f.says("answer")
			r.wantRead(one, "answer")
			r.wantRead(two, "")
			r.wantDropped("/q", status.DropHeld, 3)
			s := r.port("/q")
			if s.HeldBy != "/p" || !strings.Contains(s.Problem, "/p has the modem") {
				t.Errorf("status says %q, %q", s.HeldBy, s.Problem)
			}
		})
	})
	t.Run("it ends at the last close", func(t *testing.T) {
		inBubble(t, twoPorts(), func(r *rig) {
			f := r.callIn()
			one, two := r.open("/p"), r.open("/q")
			r.write(one, "one")
			f.want("one")
			one.Close()
			r.write(two, "two")
			f.want("two")
		})
	})
	t.Run("an idle one is taken over", func(t *testing.T) {
		inBubble(t, twoPorts(), func(r *rig) {
			f := r.callIn()
			one, two := r.open("/p"), r.open("/q")
			r.write(one, "one")
			f.want("one")
			time.Sleep(59 * time.Second)
			f.says("still busy")
			time.Sleep(59 * time.Second)
			r.write(two, "too early")
			f.want()
			time.Sleep(time.Second)
			r.write(two, "two")
			f.want("two")
			f.says("for two")
			r.wantRead(two, "for two")
			r.wantRead(one, "still busy")
			r.wantState("/p", port.Idle)
			r.write(one, "late")
			r.wantDropped("/p", status.DropHeld, 4)
		})
	})
	t.Run("nobody else wants it: it stays", func(t *testing.T) {
		inBubble(t, twoPorts(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, "one")
			f.want("one")
			time.Sleep(24 * time.Hour)
			f.says("at last")
			r.wantRead(g, "at last")
		})
	})
}

func TestWithoutLease(t *testing.T) {
	inBubble(t, twoPorts(), func(r *rig) {
		f := r.callIn()
		f.says("lost")
		if m := r.Status().Modems[0]; m.Dropped[status.DropNobody] != 4 {
			t.Errorf("dropped %v", m.Dropped)
		}
		one, two := r.open("/p"), r.open("/q")
		f.says("a push")
		r.wantRead(one, "a push") // the modem's own port
		r.wantRead(two, "")
	})
}

func TestSingleBytesLeaveTogether(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		for _, c := range "byte" {
			r.write(g, string(c))
			time.Sleep(2 * time.Millisecond)
		}
		time.Sleep(pieceTime)
		f.want("byte")
		r.write(g, "x")
		g.Close() // what is being put together is part of the tail
		f.want("x")
	})
}

func TestProbe(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		ask := func() (string, error) {
			answer, err := r.Probe(context.Background(), "m", []byte("/?!\r\n"), 5*time.Second, 300*time.Millisecond)
			return string(answer), err
		}
		r.write(g, "busy")
		f.want("busy")
		if _, err := ask(); err == nil || !strings.Contains(err.Error(), "leased to /p") {
			t.Fatalf("while the modem is leased: %v", err)
		}
		g.Close()
		synctest.Wait()
		go func() {
			f.want("/?!\r\n")
			f.says("/MTL5")
			f.says("\\2SIM\r\n")
		}()
		if got, err := ask(); got != "/MTL5\\2SIM\r\n" || err != nil {
			t.Errorf("answer %q, %v", got, err)
		}
		if _, err := ask(); err == nil || !strings.Contains(err.Error(), "what is behind it is silent") {
			t.Errorf("a silent meter: %v", err)
		}
		f.want("/?!\r\n")
		f.hangUp()
		if _, err := ask(); err == nil || !strings.Contains(err.Error(), "away") {
			t.Errorf("a modem that is away: %v", err)
		}
		g = r.open("/p")
		f = r.callIn()
		r.write(g, "after")
		f.want("after")
	})
}
