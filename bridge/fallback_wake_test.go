package bridge

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/relay/usb/at"
	"meterline/vport"
)

// wantFirst lets a program ask again and again, until the first two things have been done.
func (r *rig) wantFirst(p *fakeStick, want ...string) {
	r.t.Helper()
	g := r.open("/p")
	defer g.Close()
	for n := 0; p.count() < 2 && n < 100; n++ {
		r.write(g, "request")
		time.Sleep(5 * time.Second)
	}
	time.Sleep(5 * time.Second) // for the second to fail
	r.wantDone(p, want...)
}

// replies lets a modem answer a text message by others.
func (p *fakeStick) replies(after time.Duration, messages ...at.Message) {
	p.woken = func(string) {
		time.AfterFunc(after, func() {
			for _, m := range messages {
				p.reports.Message(m)
			}
		})
	}
}

// What the reply to a wake-up decides: whether the data call is placed at once, or when the session has been awaited in vain.
func TestReplyDecides(t *testing.T) {
	const sent, soon, late = `sms +79180001122 "CONNECT" at 2m0s`, "call +79180001122 at 2m15s", "call +79180001122 at 3m35s"
	from := func(number, text string) at.Message { return at.Message{From: number, Text: text} }
	tests := map[string]struct {
		answers []string
		replies []at.Message
		called  string
		says    string // in the reason
		fact    string
	}{
		"refused":             {[]string{"OK*"}, []at.Message{from("+79180001122", "WRONG PASSWORD")}, soon, `replied "WRONG PASSWORD": not among`, "WRONG"},
		"refused in Cyrillic": {[]string{"OK*"}, []at.Message{from("89180001122", "Неверный пароль")}, soon, `replied "Неверный пароль"`, "Неверный"},
		"refused at length":   {[]string{"OK*"}, []at.Message{from("79180001122", strings.Repeat("no ", 100))}, soon, "…", "no"},
		"silent":              {[]string{"OK*"}, nil, late, "it did not reply, but no session came within 1m30s", ""},
		"a stranger":          {[]string{"OK*"}, []at.Message{from("+79180001123", "ERROR"), from("Bank", "ERROR")}, late, "it did not reply", ""},
		"a part of a text":    {[]string{"OK*"}, []at.Message{{From: "+79180001122", Text: "first", Part: true}}, late, `it replied "first"`, "first"},
		"understood":          {[]string{"OK", "*connect*"}, []at.Message{from("+79180001122", "Command CONNECT taken")}, late, `it replied "Command`, "CONNECT"},
		"understood, and on":  {[]string{"OK"}, []at.Message{from("+79180001122", "ok"), from("+79180001122", "later")}, late, `it replied "later"`, "later"},
		"nothing expected":    {nil, []at.Message{from("+79180001122", "ERROR")}, late, `it replied "ERROR", but no session`, "ERROR"},
		"neither":             {nil, nil, late, "woken by sms, but no session", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := plugged(modem.FallbackConfig{Wake: modem.WakeSMS, WakeText: "CONNECT", Answers: test.answers, Call: true})
			inPluggedBubble(t, c, func(r *rig, p *fakeStick) {
				p.replies(10*time.Second, test.replies...)
				r.wantFirst(p, sent, test.called)
				m := r.Status().Modems[0]
				if !strings.Contains(m.LastError, test.says) || len(m.LastError) > 600 {
					t.Errorf("last error: %s", m.LastError)
				}
				if fact := m.Facts["answer to wake-up"].Value; !strings.Contains(fact, test.fact) || (fact == "") != (test.fact == "") {
					t.Errorf("fact: %s", fact)
				}
			})
		})
	}
}

// What a missed call has to come to.
func TestRingDecides(t *testing.T) {
	const rang, soon, late = "ring +79180001122 at 2m0s", "call +79180001122 at 2m5s", "call +79180001122 at 3m35s"
	tests := map[string]struct {
		answers []string
		rung    at.RingResult
		err     error
		called  string
	}{
		"not rejected":         {[]string{"BUSY"}, at.RingGivenUp, nil, soon},
		"no network":           {[]string{"BUSY"}, "", at.ErrNotRegistered, soon},
		"busy is a failure":    {nil, at.RingBusy, at.ErrBusy, soon},
		"rejected late":        {nil, at.RingBusy, nil, late},
		"rejected at once":     {[]string{"busy"}, at.RingBusy, at.ErrBusy, late},
		"rings":                {nil, at.RingGivenUp, nil, late},
		"rings, as it shall":   {[]string{"BUSY", "rang"}, at.RingGivenUp, nil, late},
		"no carrier, expected": {[]string{"NO CARRIER"}, at.RingNoCarrier, at.ErrNoCarrier, late},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inPluggedBubble(t, plugged(modem.FallbackConfig{Wake: modem.WakeCall, Answers: test.answers, Call: true}), func(r *rig, p *fakeStick) {
				p.rung, p.rungErr = test.rung, test.err
				p.rings = true
				r.wantFirst(p, rang, test.called)
			})
		})
	}
}

// threeModems want one plugged-in modem.
func threeModems(f modem.FallbackConfig) Config {
	c := plugged(f)
	c.Modems, c.Ports = nil, nil
	for i := range 3 {
		name := fmt.Sprint("m", i)
		f.USB = "gsm"
		c.Modems = append(c.Modems, modem.Config{Name: name, Exchange: "x", ID: name, Numbers: []string{fmt.Sprint("+7918000110", i)}, Fallback: f})
		c.Ports = append(c.Ports, PortConfig{Name: name, Own: true, Modem: name, Spec: vport.Spec{Address: "/" + name}})
	}
	return c
}

// While a modem that was woken is awaited, others are woken; and each reply finds its own.
func TestFreeWhileAwaited(t *testing.T) {
	c := threeModems(modem.FallbackConfig{Wake: modem.WakeSMS, WakeText: "W", Answers: []string{"OK"}, WakeWait: 30 * time.Second, Call: true})
	inPluggedBubble(t, c, func(r *rig, p *fakeStick) {
		p.woken = func(number string) {
			if number == "+79180001101" { // the reply comes while another one has the plugged-in modem
				time.AfterFunc(7*time.Second, func() { p.reports.Message(at.Message{From: "89180001101", Text: "no"}) })
			}
		}
		for p.count() < 6 {
			for i := range 3 {
				g := r.open(fmt.Sprint("/m", i))
				r.write(g, "request")
				g.Close()
				synctest.Wait()
			}
			time.Sleep(5 * time.Second)
		}
		time.Sleep(10 * time.Second)
		var numbers, calls []string
		p.mu.Lock()
		for _, did := range p.log {
			words := strings.Fields(did)
			if words[0] == "sms" {
				numbers = append(numbers, words[1])
				if !strings.HasSuffix(did, fmt.Sprintf("at 2m%ds", 5*(len(numbers)-1))) {
					t.Errorf("%s: it waited for another one's session", did)
				}
				continue
			}
			calls = append(calls, words[1])
		}
		p.mu.Unlock()
		if len(numbers) != 3 || len(calls) != 3 || calls[0] != "+79180001101" {
			t.Errorf("woken %q, called %q", numbers, calls)
		}
		if u := r.Status().USB[0]; u.Calls != 6 || u.Modem != "" {
			t.Errorf("%+v", u)
		}
	})
}

// The operator's own wake-up tells what came of it.
func TestWakeTellsTheOutcome(t *testing.T) {
	f := modem.FallbackConfig{Wake: modem.WakeSMS, WakeText: "W", Answers: []string{"OK"}, WakeWait: 30 * time.Second}
	inPluggedBubble(t, plugged(f), func(r *rig, p *fakeStick) {
		wake := func() fallback.WakeResult {
			r.t.Helper()
			w, err := r.Wake(r.t.Context(), "m")
			if err != nil {
				r.t.Fatal(err)
			}
			return w
		}
		if w := wake(); w.Session || w.Reply != "" || !strings.Contains(w.Problem, "did not reply") {
			t.Errorf("%+v", w)
		}
		p.replies(time.Second, at.Message{From: "+79180001122", Text: "no\x1bt now"})
		if w := wake(); w.Session || !strings.Contains(w.Problem, "not among") || strings.Contains(w.Reply, "\x1b") {
			t.Errorf("%+v", w)
		}
		p.woken = func(string) {
			p.reports.Message(at.Message{From: "+79180001122", Text: "ok"})
			time.AfterFunc(10*time.Second, func() { r.callIn() })
		}
		if w := wake(); !w.Session || w.Reply != `"ok"` || w.Problem != "" {
			t.Errorf("%+v", w)
		}
		p.replies(time.Second, at.Message{From: "+79180001122", Text: "OK"})
		began := time.Now()
		if w := wake(); !w.Online || w.Session || w.Problem != "" || time.Since(began) > 10*time.Second {
			t.Errorf("%+v", w)
		}
		if n := reflect.ValueOf(r.queue()).Elem().FieldByName("awaited").Len(); n != 0 {
			t.Errorf("%d replies are still awaited", n)
		}
	})
}
