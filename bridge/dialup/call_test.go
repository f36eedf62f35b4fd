package dialup

import (
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/modem"
)

// slowClient is a leased port to which a modem is shown as slowly as the test wants.
type slowClient struct{ show chan struct{} }

func (slowClient) Name() string                   { return "/p" }
func (slowClient) Present() bool                  { return false }
func (slowClient) Interrupt(time.Time)            {}
func (slowClient) Dropped(string, int)            {}
func (slowClient) Deliver(b []byte) (int, string) { return len(b), "" }
func (c slowClient) StateChanged(modem.View)      { <-c.show }

// The session of a call ends, and the modem calls in again before the port has been shown that: the call ends all the same.
func TestCallEndsThoughTheModemIsBackAtOnce(t *testing.T) {
	inBubble(t, func(r *rig) {
		g, f := r.open(), r.callIn()
		g.ReadWaiting() // RING
		r.wantAnswer(g, "ATA", connected)
		slow := slowClient{make(chan struct{})}
		go r.m.SetPorts([]*modem.Access{modem.NewPortAccess(r.m, slow, true)})
		synctest.Wait() // somebody shows it the modem, and would show it to the port next
		f.hangUp()
		r.callIn()
		close(slow.show)
		synctest.Wait()
		r.wantRead(g, "\r\nNO CARRIER\r\n\r\nRING\r\n")
	})
}
