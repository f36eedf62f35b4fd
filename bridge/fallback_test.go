package bridge

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/dialup"
	"meterline/bridge/fallback"
	"meterline/bridge/frame"
	"meterline/bridge/modem"
	"meterline/relay"
	"meterline/vport"
)

// plugged is oneModem with a plugged-in modem that may do everything.
func plugged(f modem.FallbackConfig) Config {
	c := oneModem()
	f.USB = "gsm"
	c.Modems[0].Numbers, c.Modems[0].Fallback = []string{"+79180001122"}, f
	c.Exchanges = []ExchangeConfig{{Name: "x", Listen: "127.0.0.1:0"}}
	c.USB = []fallback.Config{{Name: "gsm", Wakes: true, SMS: true, Calls: true}}
	return c
}

// inPluggedBubble is inBubble with a plugged-in modem.
func inPluggedBubble(t *testing.T, c Config, f func(r *rig, p *fakeStick)) {
	t.Helper()
	c.Exchanges = nil // a listening address is no business of a bubble: the tests let modems call in
	p := &fakeStick{lasts: 5 * time.Second}
	inBubbleWith(t, c, func(o *Options) {
		p.since = time.Now()
		o.Stick = func(fallback.Config) fallback.Stick { return p }
	}, func(r *rig) { f(r, p) })
}

func TestWakeBySMS(t *testing.T) {
	inPluggedBubble(t, plugged(modem.FallbackConfig{Wake: modem.WakeSMS, WakeText: "CONNECT", Call: true}), func(r *rig, p *fakeStick) {
		arrived := make(chan *far, 1)
		p.woken = func(string) {
			time.AfterFunc(20*time.Second, func() {
				f := newFar(r.t)
				if err := r.modem().Answer(f.session, modem.TakeoverNewest); err != nil {
					t.Error(err)
				}
				arrived <- f
			})
		}
		g := r.open("/p")
		for range 30 { // a program that asks again and again
			r.write(g, "request")
			time.Sleep(5 * time.Second)
		}
		f := <-arrived
		r.wantDone(p, `sms +79180001122 "CONNECT" at 2m0s`)
		r.write(g, "now")
		f.pieces()
		f.says("answer")
		r.wantRead(g, "answer")
	})
}

func TestNoFallbackWithoutNeed(t *testing.T) {
	for name, writes := range map[string]time.Duration{"nobody asks": 0, "asked long ago": time.Second} {
		t.Run(name, func(t *testing.T) {
			inPluggedBubble(t, plugged(modem.FallbackConfig{Wake: modem.WakeCall, Call: true}), func(r *rig, p *fakeStick) {
				g := r.open("/p")
				if writes > 0 {
					r.write(g, "request")
				}
				time.Sleep(time.Hour)
				r.wantDone(p)
			})
		})
	}
}

// A call is placed, the program reads over it, and goes back to TCP between two requests, not one byte wrong.
func TestDataCallAndBack(t *testing.T) {
	c := plugged(modem.FallbackConfig{Call: true})
	c.Modems[0].Frame = frame.Config{Protocol: frame.Modbus}
	inPluggedBubble(t, c, func(r *rig, p *fakeStick) {
		p.answers(r)
		g := r.open("/p")
		ask := func(f *far, register uint16) {
			r.t.Helper()
			r.write(g, string(modbusRead(register, 1)))
			f.want(string(modbusRead(register, 1)))
			f.says(modbusAnswer(byte(register)))
			r.wantRead(g, modbusAnswer(byte(register)))
		}
		for range 25 {
			r.write(g, string(modbusRead(1, 1)))
			time.Sleep(5 * time.Second)
		}
		synctest.Wait()
		r.wantDone(p, "call +79180001122 at 2m0s")
		phone := p.last()
		for i := range uint16(5) {
			ask(phone, i)
			time.Sleep(2 * time.Second)
		}
		r.write(g, string(modbusRead(7, 1)))
		phone.want(string(modbusRead(7, 1)))
		tcp := r.callIn()
		time.Sleep(3 * time.Second)
		tcp.want()
		phone.says(modbusAnswer(7)) // the answer still comes by telephone
		r.wantRead(g, modbusAnswer(7))
		time.Sleep(2 * time.Second)
		phone.wantCause(relay.ErrDisplaced)
		for i := range uint16(5) {
			ask(tcp, i)
		}
		if u := r.Status().USB[0]; u.Modem != "" || u.Calls != 1 || u.Talked == "0s" {
			t.Errorf("the plugged-in modem: %+v", u)
		}
	})
}

// A call that nobody needs ends, and a modem that is dead costs little.
func TestDataCallEnds(t *testing.T) {
	inPluggedBubble(t, plugged(modem.FallbackConfig{Call: true}), func(r *rig, p *fakeStick) {
		g := r.open("/p")
		for range 12 * 60 * 4 { // four hours
			r.write(g, "request")
			time.Sleep(5 * time.Second)
		}
		if n := p.count(); n < 4 || n > 12 {
			t.Errorf("a dead modem was called %d times in four hours", n)
		}
		p.answers(r)
		for i := 0; r.Status().Modems[0].Telephone == ""; i++ {
			if i > 3000 {
				r.t.Fatal("the modem is not called any more")
			}
			r.write(g, "request")
			time.Sleep(5 * time.Second)
		}
		g.Close()
		time.Sleep(10 * time.Second)
		p.last().wantCause(relay.ErrLinger)
	})
}

// While the whole exchange is out, nothing is spent.
func TestOutagePausesFallback(t *testing.T) {
	c := plugged(modem.FallbackConfig{Call: true})
	for i := range 20 {
		c.Modems = append(c.Modems, modem.Config{Name: fmt.Sprint("n", i), Exchange: "x", ID: fmt.Sprint("9", i)})
	}
	inPluggedBubble(t, c, func(r *rig, p *fakeStick) {
		a := outageOf(21, 6)
		r.modem().SetOutage(a)
		g := r.open("/p")
		for range 60 {
			r.write(g, "request")
			time.Sleep(5 * time.Second)
		}
		r.wantDone(p)
		if _, first := a.Pause(); first {
			t.Error("nobody was told of the outage")
		}
	})
}

// Twenty modems want one telephone: each gets it, one at a time, those first at whose ports a program waits.
func TestManyModemsOneTelephone(t *testing.T) {
	c := plugged(modem.FallbackConfig{Call: true})
	c.Modems, c.Ports = nil, nil
	for i := range 20 {
		name := fmt.Sprintf("m%02d", i)
		c.Modems = append(c.Modems, modem.Config{
			Name: name, Exchange: "x", ID: name, Numbers: []string{name}, Fallback: modem.FallbackConfig{USB: "gsm", Call: true, After: time.Minute},
		})
		c.Ports = append(c.Ports, PortConfig{Name: name, Own: true, Modem: name, Spec: vport.Spec{Address: "/" + name}})
	}
	inPluggedBubble(t, c, func(r *rig, p *fakeStick) {
		busy, most, served := 0, 0, make(map[string]int)
		var mu sync.Mutex
		p.called = func(number string) (*relay.Session, error) {
			mu.Lock()
			defer mu.Unlock()
			f := newFar(r.t)
			busy++
			most = max(most, busy)
			served[number]++
			time.AfterFunc(3*time.Second, func() {
				mu.Lock()
				defer mu.Unlock()
				busy--
				f.conn.Close()
			})
			return f.session, nil
		}
		for range 60 {
			for i := range 20 {
				g := r.open(fmt.Sprintf("/m%02d", i))
				r.write(g, "request")
				defer g.Close()
			}
			time.Sleep(5 * time.Second)
		}
		mu.Lock()
		defer mu.Unlock()
		if most != 1 || len(served) != 20 {
			t.Errorf("%d calls at once, %d modems reached", most, len(served))
		}
	})
}

// A voice call to a modem's number, which programs use as a tap on the shoulder, wakes it.
func TestVoiceCallWakes(t *testing.T) {
	c := plugged(modem.FallbackConfig{Wake: modem.WakeCall})
	c.Ports = append(c.Ports, PortConfig{Name: "phones", Spec: vport.Spec{Address: "/t1"}, Dialup: new(dialup.Emulation)})
	inPluggedBubble(t, c, func(r *rig, p *fakeStick) {
		g := r.open("/t1")
		r.wantAnswer(g, "ATD+79180001122;", "\r\nOK\r\n")
		time.Sleep(10 * time.Second)
		r.wantDone(p, "ring +79180001122 at 0s")
	})
}

// outageOf is the outage of an exchange of which so many modems are away.
func outageOf(modems, away int) *modem.Outage {
	a := new(modem.Outage)
	a.SetPercent(20)
	for range modems {
		a.Comes()
	}
	a.Add(int64(away - modems))
	return a
}

// A modem that gets its plugged-in modem when it has been away for long already is reached by it at once, and not when its program asks
// the next time.
func TestPluggedInLate(t *testing.T) {
	inPluggedBubble(t, plugged(modem.FallbackConfig{Call: true}), func(r *rig, p *fakeStick) {
		reach, queue := reachOf(r.modem()), r.queue()
		reach.Use(nil)
		g := r.open("/p")
		time.Sleep(3 * time.Minute)
		r.write(g, "request")
		time.Sleep(30 * time.Second)
		reach.Use(queue)
		time.Sleep(10 * time.Second)
		r.wantDone(p, "call +79180001122 at 3m30s")
	})
}
