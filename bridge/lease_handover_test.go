package bridge

import (
	"testing"
	"testing/synctest"
	"time"
)

// tooMuch is more than a program's side holds that does not read.
var tooMuch = string(make([]byte, 300<<10))

// stopped lets the modem say more than a program takes that has been stopped, and so blocks the pump.
func (r *rig) stopped(f *far) {
	go func() { _, _ = f.conn.Write([]byte(tooMuch)) }()
	synctest.Wait()
}

// A program that was stopped without ever having written keeps neither a newer session nor a reload from going on.
func TestStoppedProgramWithoutLease(t *testing.T) {
	t.Run("displacement", func(t *testing.T) {
		inBubble(t, twoPorts(), func(r *rig) {
			f, q := r.callIn(), r.open("/q")
			r.open("/p")
			r.stopped(f)
			f = r.callIn()
			time.Sleep(2 * deliverTime)
			r.write(q, "request")
			f.want("request")
			f.says("answer")
			r.wantRead(q, "answer")
		})
	})
	t.Run("reload", func(t *testing.T) {
		inBubble(t, oneModem(), func(r *rig) {
			f := r.callIn()
			r.open("/p")
			r.stopped(f)
			next := oneModem()
			next.Modems[0].Note = "another"
			done := make(chan struct{})
			go func() { _, _ = r.Reload(next); close(done) }()
			select {
			case <-done:
			case <-time.After(time.Minute):
				t.Error("the reload hangs")
				r.rack.Port("/p").Close()
			}
		})
	})
}

// A lease that is taken over from a program that was stopped takes the modem's bytes along.
func TestLeaseTakenFromAStoppedProgram(t *testing.T) {
	inBubble(t, twoPorts(), func(r *rig) {
		f, p, q := r.callIn(), r.open("/p"), r.open("/q")
		r.write(p, "give me all")
		f.want("give me all")
		r.stopped(f)
		time.Sleep(time.Minute)
		r.write(q, "request")
		f.want("request")
		time.Sleep(time.Minute)
		q.ReadWaiting()
		f.says("answer")
		r.wantRead(q, "answer")
		q.Close()
		time.Sleep(time.Second)
		p.ReadWaiting()
		r.write(p, "again") // its port is as good as before
		f.want("again")
		f.says("answer")
		r.wantRead(p, "answer")
	})
}

// A port whose modem was changed while it was away, and the port leased, gets what the modem says afterwards.
func TestReloadOfALeasedModemThatIsAway(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		g := r.open("/p")
		r.write(g, "nobody hears it")
		next := oneModem()
		next.Modems[0].Note = "another"
		if _, err := r.Reload(next); err != nil {
			t.Fatal(err)
		}
		f := r.callIn()
		r.write(g, "request")
		f.want("request")
		f.says("answer")
		r.wantRead(g, "answer")
	})
}

// A program that leaves while a displaced session's bytes are being handed to it leaves a port that works.
func TestProgramLeavesAtADisplacement(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		r.write(g, "request")
		f.want("request")
		r.stopped(f)
		f = r.callIn()
		g.Close()
		time.Sleep(time.Minute)
		g = r.open("/p")
		r.write(g, "request")
		f.want("request")
		f.says("answer")
		r.wantRead(g, "answer")
	})
}
