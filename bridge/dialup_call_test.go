package bridge

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/dialup"
	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/relay"
)

// A call without traffic gives way to another port after lease_idle, and its program is told.
func TestCallTakenOver(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		f, g, own := r.callIn(), r.open("/t1"), r.open("/p")
		r.wantAnswer(g, "ATD12", connected)
		time.Sleep(time.Minute)
		r.write(own, "mine")
		f.want("mine")
		r.wantRead(g, "\r\nNO CARRIER\r\n")
		time.Sleep(time.Minute)
		r.wantAnswer(g, "ATD12", connected)
		r.write(own, "late")
		f.want()
	})
}

// An address that may be dialled is called for that one call.
func TestDialAddress(t *testing.T) {
	c := telephones()
	for i := range c.Ports {
		if c.Ports[i].Dialup != nil {
			c.Ports[i].Dialup = &dialup.Emulation{Numbering: dialup.Numbering{Direct: []netip.Prefix{netip.MustParsePrefix("10.8.0.0/16")}}}
		}
	}
	inBubble(t, c, func(r *rig) {
		f, g := r.answersAfter(time.Second), r.open("/t1")
		r.wantAnswer(g, "ATD10.9.0.1:4001", "\r\nNO CARRIER\r\n")
		r.wantAnswer(g, "ATDlocalhost:4001", "\r\nNO CARRIER\r\n")
		r.wantAnswer(g, "ATD10.8.0.1:4001", "")
		time.Sleep(2 * time.Second)
		r.wantRead(g, connected)
		if s := r.port("/t1"); s.Modem != "10.8.0.1:4001" || s.Telephone == "" {
			t.Errorf("status %+v", s)
		}
		f.says("hello")
		r.wantRead(g, "hello")
		g.Close()
		synctest.Wait()
		f.wantCause(relay.ErrLinger)
		r.wantState("/t1", port.Idle)
		if r.line.count() != 1 {
			t.Errorf("called %d times", r.line.count())
		}
	})
}

// A call whose modem leaves the configuration ends, as does one that had not come about.
func TestDialAndReload(t *testing.T) {
	for name, up := range map[string]bool{"up": true, "waiting": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, telephones(), func(r *rig) {
				g := r.open("/t1")
				if up {
					r.callIn()
					r.wantAnswer(g, "ATD12", connected)
				} else {
					r.wantAnswer(g, "ATD12", "")
				}
				c := telephones()
				c.Modems[0].Name, c.Ports[0].Modem = "other", "other"
				if _, err := r.Reload(c); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				r.wantRead(g, "\r\nNO CARRIER\r\n")
				f := newFar(r.t)
				r.mu.Lock()
				m := r.modems.all["other"].it
				r.mu.Unlock()
				if err := m.Answer(f.session, modem.TakeoverNewest); err != nil {
					t.Fatal(err)
				}
				r.wantAnswer(g, "ATDother", connected)
			})
		})
	}
}

// Hanging up and dialling anew in one line does not mix two calls up.
func TestRedialAtOnce(t *testing.T) {
	c := telephones()
	c.Modems = append(c.Modems, modem.Config{Name: "n", Exchange: "x", ID: "2", Numbers: []string{"13"}})
	inBubble(t, c, func(r *rig) {
		f, g := r.callIn(), r.open("/t1")
		other := newFar(r.t)
		r.mu.Lock()
		n := r.modems.all["n"].it
		r.mu.Unlock()
		if err := n.Answer(other.session, modem.TakeoverNewest); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			r.wantAnswer(g, "ATD12", connected)
			time.Sleep(2 * time.Second)
			r.write(g, "+++")
			time.Sleep(2 * time.Second)
			g.ReadWaiting()
			f.says("from the first")
			if got := r.commands(g, "ATH"); got != "\r\nOK\r\n" {
				t.Fatalf("ATH: %q", got)
			}
			f.says("to nobody")
			if got := r.commands(g, "ATD13"); got != connected {
				t.Fatalf("ATD13: %q", got)
			}
			f.says("still to nobody")
			other.says("from the other")
			r.wantRead(g, "from the other")
			r.write(g, "to the other")
			other.want("to the other")
			f.want()
			time.Sleep(2 * time.Second)
			r.write(g, "+++")
			time.Sleep(2 * time.Second)
			g.ReadWaiting()
			if got := r.commands(g, "ATH"); got != "\r\nOK\r\n" {
				t.Fatalf("ATH: %q", got)
			}
		}
	})
}

// What the port says of itself while it dials, and when it is down.
func TestPhoneStatus(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		g := r.open("/t1")
		if s := r.port("/t1"); !s.Dialup || s.State != "idle" || !strings.HasPrefix(s.Telephone, "command") || s.Modem != "" {
			t.Errorf("before the call: %+v", s)
		}
		r.wantAnswer(g, "ATD12", "")
		if s := r.port("/t1"); s.State != "waiting" || !strings.Contains(s.Telephone, "12") || s.Modem != "m" {
			t.Errorf("dialling: %+v", s)
		}
		if err := r.Kick("/t2"); err == nil || !strings.Contains(err.Error(), "no call") {
			t.Errorf("kick of a port without a call: %v", err)
		}
		f := r.callIn()
		time.Sleep(2 * time.Second)
		r.wantRead(g, connected)
		if err := r.Kick("/t1"); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		r.wantRead(g, "\r\nNO CARRIER\r\n")
		f.wantCause(relay.ErrKicked)
	})
}

// A modem whose exchange does not listen cannot come: that is no dial tone.
func TestNoDialtone(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		g, m := r.open("/t1"), r.modem()
		m.CallsInAt(&exchange{relay: new(relay.Exchange), lastErr: errors.New("address already in use")}, false)
		r.wantAnswer(g, "ATD12", "\r\nNO DIALTONE\r\n")
		if got := r.commands(g, "AT+CEER"); !strings.Contains(got, "address already in use") {
			t.Errorf("+CEER tells %q", got)
		}
		r.callIn() // a session that stands needs no exchange
		r.wantAnswer(g, "ATD12", connected)
	})
}

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
		if got := g.ReadWaiting(); !strings.HasSuffix(got, connected) {
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
