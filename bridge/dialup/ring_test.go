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
