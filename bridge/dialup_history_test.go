package bridge

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/dialup"
	"meterline/bridge/modem"
	"meterline/bridge/status"
)

// calls are the last calls of the port "/t1", in words.
func (r *rig) calls() string {
	var all strings.Builder
	for _, c := range r.port("/t1").Calls {
		way := "to "
		if c.Incoming {
			way = "from "
		}
		if c.Voice {
			way = "voice " + way
		}
		fmt.Fprintf(&all, "%s%s [%s]: %s (%s) %v+%v\n", way, c.Number, c.Modem, c.Result, c.Why, c.Waited, c.Connected)
	}
	return all.String()
}

func (r *rig) wantCalls(want ...string) {
	r.t.Helper()
	if got := r.calls(); got != strings.Join(append(want, ""), "\n") {
		r.t.Errorf("the calls are\n%swant\n%s", got, strings.Join(want, "\n"))
	}
}

// Every call is remembered as the program dialled it and saw it end, also those that reach nobody.
func TestCallsAreRemembered(t *testing.T) {
	c := telephones()
	c.Modems[0].Ring = "phones"
	inBubble(t, c, func(r *rig) {
		g := r.open("/t1")
		r.wantCalls()
		r.wantAnswer(g, "ATDT 4711", "\r\nNO CARRIER\r\n")
		r.wantAnswer(g, "ATDuser:pa55@10.8.0.1:4001", "\r\nNO CARRIER\r\n")
		r.commands(g, "ATD9,8(918)000-11-22")
		time.Sleep(time.Second)
		f := r.callIn()
		time.Sleep(time.Minute)
		f.hangUp()
		r.wantRead(g, connected+"\r\nNO CARRIER\r\n")
		f = r.callIn()
		r.wantRead(g, "\r\nRING\r\n")
		r.wantAnswer(g, "ATA", connected)
		g.Close()
		synctest.Wait()
		own := r.open("/p")
		r.write(own, "xx")
		f.want("xx")
		g = r.open("/t1")
		r.wantAnswer(g, "ATD12", "\r\nBUSY\r\n")
		f.hangUp()
		r.commands(g, "ATD12;")
		r.wantCalls(
			"to T 4711 []: NO CARRIER (nobody has the number T 4711) 0+0",
			"to user:…@10.8.0.1:4001 []: NO CARRIER (nobody has the number user:…@10.8.0.1:4001) 0+0",
			"to 9,8(918)000-11-22 [m]: CONNECT 9600 (the session ended: the modem closed the connection) 3.02+58.98",
			"from +7 918 000-11-22 [m]: CONNECT 9600 (the program left the port) 1+0",
			"to 12 [m]: BUSY (modem m is leased to /p: close the program there, or wait 1m0s without traffic) 0+0",
			"voice to 12 [m]: OK () 0+0",
		)
		if got := r.port("/t2").Calls; len(got) != 0 {
			t.Errorf("the other port has %v", got)
		}
	})
}

// A port remembers so many calls, and no more.
func TestCallsAreForgotten(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		g := r.open("/t1")
		for i := range 3 * dialup.CallsMax {
			r.wantAnswer(g, fmt.Sprintf("ATD999%02d", i), "\r\nNO CARRIER\r\n")
		}
		calls := r.port("/t1").Calls
		if len(calls) != dialup.CallsMax || calls[0].Number != "99932" || calls[dialup.CallsMax-1].Number != "99947" {
			t.Errorf("%d calls: %v", len(calls), calls)
		}
	})
}

// Reloads that do not change the port leave its calls alone; so does one that changes who may open it. A port that is made anew
// begins anew.
func TestCallsSurviveReload(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		g := r.open("/t1")
		r.wantAnswer(g, "ATD4711", "\r\nNO CARRIER\r\n")
		const want = "to 4711 []: NO CARRIER (nobody has the number 4711) 0+0"
		c := telephones()
		c.Modems[0].ID = "2"
		c.Modems = append(c.Modems, modem.Config{Name: "n", Exchange: "x", ID: "1", Numbers: []string{"4711"}})
		r.reload(c)
		r.wantCalls(want)
		for i := range c.Ports {
			c.Ports[i].Spec.Mode = fs.FileMode(0o640)
		}
		r.reload(c)
		r.wantCalls(want)
		for i, p := range c.Ports {
			if p.Dialup != nil {
				c.Ports[i].Dialup = &dialup.Emulation{}
			}
		}
		r.reload(c)
		r.wantCalls()
	})
}

func (r *rig) reload(c Config) {
	r.t.Helper()
	if _, err := r.Reload(c); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

// A number that nobody has ends its own call, and not the next one, which the program may have dialled meanwhile.
func TestRedialBehindNobody(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		r.callIn()
		g := r.open("/t1")
		r.write(g, "ATE0D4711\rATD12\r")
		time.Sleep(connectDelay)
		synctest.Wait()
		if got := g.ReadWaiting(); !strings.HasSuffix(got, connected) {
			t.Errorf("the program reads %q", got)
		}
		if got := r.port("/t1"); got.Modem != "m" || len(got.Calls) != 1 || got.Calls[0] != (status.Call{
			At: got.Calls[0].At, Number: "4711", Why: "another number was dialled",
		}) {
			t.Errorf("%+v", got)
		}
	})
}

// The program answers a caller that has just hung up, hangs up itself and dials: only the answer fails.
func TestDialBehindAnswer(t *testing.T) {
	c := telephones()
	c.Modems[0].Ring = "phones"
	inBubble(t, c, func(r *rig) {
		g, f := r.open("/t1"), r.callIn()
		r.wantRead(g, "\r\nRING\r\n")
		r.write(g, "ATE0\rATA\rATH\rATD12\r")
		time.Sleep(connectDelay)
		synctest.Wait()
		if got := g.ReadWaiting(); !strings.HasSuffix(got, connected) {
			t.Errorf("the program reads %q", got)
		}
		f.says("hello")
		r.wantRead(g, "hello")
	})
}
