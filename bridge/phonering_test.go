package bridge

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/modem"
)

// A session that the modem begins rings, where that is configured.
func TestRing(t *testing.T) {
	c := telephones()
	c.Modems[0].Ring = "phones"
	inBubble(t, c, func(r *rig) {
		g := r.open("/t2") // the first has nobody to hear it
		r.wantAnswer(g, "AT+CLIP=1", "\r\nOK\r\n")
		f := r.callIn()
		r.wantRead(g, "\r\nRING\r\n\r\n+CLIP: \"+7 918 000-11-22\",145\r\n")
		r.wantAnswer(g, "ATA", connected)
		f.says("hello")
		r.wantRead(g, "hello")
		f.hangUp()
		r.wantRead(g, "\r\nNO CARRIER\r\n")

		f = r.callIn() // nobody answers, and it hangs up
		r.wantRead(g, "\r\nRING\r\n\r\n+CLIP: \"+7 918 000-11-22\",145\r\n")
		f.hangUp()
		time.Sleep(time.Minute)
		r.wantRead(g, "")
		r.wantAnswer(g, "ATA", "\r\nNO CARRIER\r\n")

		r.wantAnswer(g, "ATS0=1", "\r\nOK\r\n")
		r.callIn()
		time.Sleep(connectDelay)
		synctest.Wait()
		if got := r.read(g); !strings.HasSuffix(got, connected) {
			t.Errorf("S0=1: %q", got)
		}
	})
}

// A modem that comes back before the call has been cleared that its last session ended rings all the same.
func TestRingBehindACall(t *testing.T) {
	c := telephones()
	c.Modems[0].Ring = "phones"
	inBubble(t, c, func(r *rig) {
		g := r.open("/t1")
		for range 20 {
			f := r.callIn()
			r.wantRead(g, "\r\nRING\r\n")
			r.wantAnswer(g, "ATA", connected)
			next := newFar(r.t)
			f.conn.Close()
			for r.modem().Answer(next.session, modem.TakeoverNever) != nil { // at the first moment that is possible
				time.Sleep(time.Microsecond)
			}
			synctest.Wait()
			r.wantRead(g, "\r\nNO CARRIER\r\n\r\nRING\r\n")
			r.wantAnswer(g, "ATH", "\r\nOK\r\n")
			next.hangUp()
		}
	})
}
