package bridge

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/modem"
)

// What is done to reach a modem by telephone is said in words as it goes on, also when its program has not written for long.
func TestFallbackInWords(t *testing.T) {
	inPluggedBubble(t, plugged(modem.FallbackConfig{Wake: modem.WakeSMS, WakeText: "X", Call: true}), func(r *rig, p *fakeStick) {
		says := func(want string, awaited ...string) {
			t.Helper()
			synctest.Wait()
			st := r.Status()
			if got := st.Modems[0].Fallback; got != want || !slices.Equal(st.USB[0].Awaited, awaited) {
				t.Errorf("fallback: %q, awaited %q; want %q, %q", got, st.USB[0].Awaited, want, awaited)
			}
		}
		p.lasts = 10 * time.Second
		other := modem.New(modem.Config{Name: "other"}, nil, discard(), nil)
		if err := r.queue().Acquire(r.t.Context(), other, false, time.Now()); err != nil {
			t.Fatal(err)
		}
		r.asks(p, 2*time.Minute)
		time.Sleep(3 * time.Second)
		says("waits in the queue of gsm, 1st")
		r.queue().Release(other)
		time.Sleep(2 * time.Second)
		says("sends a text message to +79180001122 for 2s")
		time.Sleep(20 * time.Second)
		says("woken by sms 12s ago, its session is awaited for 1m18s more", "m: its session, for 1m18s more")
		time.Sleep(78*time.Second + time.Second)
		says("calls +79180001122 for 1s")
		time.Sleep(10 * time.Second)
		says("waits for a program to write")
	})
}

// An operator's wake-up is said in the same way, and whose reply is awaited that has its session.
func TestWakeInWords(t *testing.T) {
	inPluggedBubble(t, plugged(modem.FallbackConfig{Wake: modem.WakeSMS, WakeText: "X", Answers: []string{"OK"}}), func(r *rig, _ *fakeStick) {
		f := r.callIn()
		defer f.conn.Close()
		done := make(chan struct{})
		go func() {
			defer close(done)
			if woken, err := r.Wake(r.t.Context(), "m"); err != nil || woken.Problem == "" {
				t.Errorf("%+v, %v", woken, err)
			}
		}()
		time.Sleep(35 * time.Second)
		if got := r.Status().USB[0].Awaited; !slices.Equal(got, []string{"m: its reply, for 1m0s more"}) {
			t.Errorf("awaited: %q", got)
		}
		<-done
		if got := r.Status().USB[0].Awaited; len(got) != 0 {
			t.Errorf("awaited: %q", got)
		}
	})
}

// A program that comes while its modem is in the queue moves that before those at whose ports none is.
func TestProgramComesToTheQueue(t *testing.T) {
	inPluggedBubble(t, plugged(modem.FallbackConfig{Wake: modem.WakeSMS, WakeText: "X"}), func(r *rig, p *fakeStick) {
		d, other, before := r.queue(), modem.New(modem.Config{Name: "other"}, nil, discard(), nil), modem.New(modem.Config{Name: "before"}, nil, discard(), nil)
		if err := d.Acquire(r.t.Context(), other, false, time.Now()); err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		go func() { got <- d.Acquire(r.t.Context(), before, false, time.Now()) }()
		g := r.open("/p")
		time.Sleep(100 * time.Second)
		r.write(g, "request")
		time.Sleep(10 * time.Second)
		g.Close()
		time.Sleep(20 * time.Second)
		for _, want := range []string{"2nd", "1st"} {
			if want == "1st" {
				r.open("/p")
			}
			synctest.Wait()
			if says := r.Status().Modems[0].Fallback; says != "waits in the queue of gsm, "+want {
				t.Errorf("it %s, want %s", says, want)
			}
		}
		d.Release(other)
		time.Sleep(time.Minute)
		if p.count() != 1 {
			t.Errorf("used %d times", p.count())
		}
		if err := <-got; err != nil {
			t.Error(err)
		}
		d.Release(before)
	})
}
