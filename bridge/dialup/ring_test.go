package dialup

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/modem"
)

// A call that is refused does not shorten the ringing of the next one.
func TestRingsForItsOwnTime(t *testing.T) {
	inBubble(t, func(r *rig) {
		rings := func(want bool) {
			r.t.Helper()
			synctest.Wait()
			if s := r.p.Status(nil); strings.HasSuffix(s.Telephone, "rings") != want {
				r.t.Errorf("the port shows %q", s.Telephone)
			}
		}
		g, f := r.open(), r.callIn()
		rings(true)
		time.Sleep(modem.RingFor / 2)
		r.write(g, "ATH\r")
		rings(false)
		f.hangUp()
		f = r.callIn()
		rings(true)
		time.Sleep(modem.RingFor - time.Second)
		rings(true)
		time.Sleep(2 * time.Second)
		rings(false)
		f.hangUp()
	})
}

// The program answers, hangs up and dials at one time, and the caller has just gone: only the answer is in vain.
func TestAnswerToNobodyEndsNoOtherCall(t *testing.T) {
	inBubble(t, func(r *rig) {
		g := r.open()
		r.callIn()
		r.wantRead(g, "\r\nRING\r\n")
		r.p.mu.Lock()
		r.p.ringing.take()
		r.p.applyAndWake(r.p.hayes.FromDTE([]byte("ATE0A\rATH\rATD12\r"), time.Now()))
		r.p.mu.Unlock()
		time.Sleep(connectDelay)
		synctest.Wait()
		if got := g.ReadWaiting(); !strings.HasSuffix(got, connected) {
			t.Errorf("the program reads %q", got)
		}
	})
}
