package bridge

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/port"
	"meterline/vport"
	"meterline/vport/com"
	"meterline/vport/com0com"
	"meterline/vport/vporttest"
)

// overPairs lets a bridge's ports be COM ports, and tells which pair was made last for a port.
func overPairs() (change func(*Options), pair func(address string) *vporttest.Pair) {
	pairs := make(map[string]*vporttest.Pair)
	made := make(chan struct{}, 1) // held while pairs are looked at
	change = func(o *Options) {
		o.OpenPort = func(s vport.Spec, p vport.Presence) (vport.Port, error) {
			pair := vporttest.NewPair(vporttest.Com0com)
			made <- struct{}{}
			pairs[s.Address] = pair
			<-made
			return com.New(s, com.End{Bytes: pair, Device: pair}, nil, p)
		}
	}
	return change, func(address string) *vporttest.Pair {
		made <- struct{}{}
		defer func() { <-made }()
		return pairs[address]
	}
}

func wantLines(t *testing.T, g *vporttest.PairProgram, want com0com.Lines) {
	t.Helper()
	synctest.Wait()
	if got := g.Lines(); got != want {
		t.Errorf("the program sees %02x, want %02x", got, want)
	}
}

func wantUnread(t *testing.T, g *vporttest.PairProgram, want string) {
	t.Helper()
	synctest.Wait()
	if got := g.Unread(); got != want {
		t.Errorf("the program reads %q, want %q", got, want)
	}
}

const idleLines = com0com.CTS | com0com.DSR

// A program at a COM port sees the session as carrier, and a driver that goes is tried again.
func TestCOMPort(t *testing.T) {
	change, pair := overPairs()
	inBubbleWith(t, oneModem(), change, func(r *rig) {
		g := pair("/p").Open()
		wantLines(t, g, idleLines)
		f := r.callIn()
		wantLines(t, g, idleLines|com0com.DCD)
		g.Write([]byte("ask\xf1"))
		time.Sleep(20 * time.Millisecond)
		f.want("ask\xf1")
		f.says("answer")
		wantUnread(t, g, "answer")
		f.hangUp()
		wantLines(t, g, idleLines)

		first := pair("/p")
		first.Fail(errors.New("the device does not exist"))
		synctest.Wait()
		r.wantState("/p", port.Down)
		time.Sleep(10 * time.Second)
		if second := pair("/p"); second == first {
			t.Fatal("the port was not made again")
		}
		r.wantState("/p", port.Idle)
		f, g = r.callIn(), pair("/p").Open()
		wantLines(t, g, idleLines|com0com.DCD)
		f.says("nobody has asked, and it is its own port")
		wantUnread(t, g, "nobody has asked, and it is its own port")
	})
}

// A dialling program at a COM port hears RING as RI too, sees a call as carrier, and hangs up by DTR.
func TestCOMDialup(t *testing.T) {
	c := telephones()
	c.Modems[0].Ring = "phones"
	change, pair := overPairs()
	inBubbleWith(t, c, change, func(r *rig) {
		g := pair("/t1").Open()
		synctest.Wait()
		f := r.callIn()
		wantLines(t, g, idleLines|com0com.RI)
		wantUnread(t, g, "\r\nRING\r\n")
		g.Write([]byte("ATA\r"))
		time.Sleep(connectDelay + time.Second)
		wantUnread(t, g, "ATA\r"+connected)
		wantLines(t, g, idleLines|com0com.DCD)
		f.says("hello")
		wantUnread(t, g, "hello")
		g.SetDTR(false)
		wantLines(t, g, idleLines)
		g.SetDTR(true)
		g.Write([]byte("AT\r"))
		synctest.Wait()
		wantUnread(t, g, "AT\r\r\nOK\r\n") // a program that drops DTR is told nothing
	})
}
