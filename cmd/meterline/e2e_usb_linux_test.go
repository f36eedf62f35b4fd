package main

import (
	"cmp"
	"log/slog"
	"strings"
	"testing"
	"time"

	"meterline/bridge/fallback"
	"meterline/cmd/meterline/daemon"
	"meterline/cmd/meterline/exit"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
)

// farNumber is where the site's modem is called.
const farNumber = "+79180001122"

// telephoned is oneModem with a plugged-in modem to fall back to.
const telephoned = oneModem + `
number = "` + farNumber + `"
fallback = "gsm1"
fallback_after = "1s"
`

const gsm1 = `
[usb.gsm1]
path = "gsm1"
`

// modemGuard is the silence around the escape that a test's plugged-in modem wants, and guardMargin what the daemon gives it above
// that. Usually it is a second, of which every start of the modem and every end of a call takes two.
const (
	modemGuard  = 100 * time.Millisecond
	guardMargin = 100 * time.Millisecond
)

// newStick is a simulated modem of the site's machine, which loses no time and reaches far by telephone. A daemon that starts from
// now on knows how short its pauses are.
func (s *site) newStick(m *simulated.ATModem, far simulated.Subscriber) *simulated.ATStick {
	m.Numbers = map[string]simulated.Subscriber{farNumber: far}
	m.ConnectAfter, m.Guard = 50*time.Millisecond, cmp.Or(m.Guard, modemGuard)
	guard := m.Guard + guardMargin // the modem is the stick's from then on
	s.stick = func(log *slog.Logger) func(fallback.Config) fallback.Stick {
		usual := daemon.PluggedIn(log)
		return func(cfg fallback.Config) fallback.Stick {
			cfg.AT.Guard = guard
			return usual(cfg)
		}
	}
	return &simulated.ATStick{Modem: m, Link: s.path("gsm1")}
}

// plugIn plugs a simulated modem into the site's machine, and then starts the daemon.
func (s *site) plugIn(m *simulated.ATModem, far simulated.Subscriber) *simulated.ATStick {
	s.Helper()
	stick := s.newStick(m, far)
	s.background(stick.Run)
	s.eventually("the modem is plugged in", func() bool { return exists(stick.Link) })
	s.run()
	s.plugged("ready")
	return stick
}

// plugged waits for a state of the plugged-in modem.
func (s *site) plugged(state string) {
	s.Helper()
	s.eventually("the plugged-in modem is "+state, func() bool {
		st := s.status()
		return len(st.USB) == 1 && strings.HasPrefix(st.USB[0].State, state)
	})
}

// A modem whose session is gone is woken by a text message, opens its session, and the program goes on.
func TestWokenModemCallsIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, telephoned+"wake = \"sms\"\nwake_text = \"1234 CONNECT\"\n"+gsm1)
	texts := make(chan string, 1)
	s.plugIn(&simulated.ATModem{OnSMS: func(number, text string) { texts <- number + " " + text }}, simulated.Subscriber{Result: "NO CARRIER"})
	program := s.openSeen("ports/boiler")
	modem := s.online("boiler", siteID)
	talk(program, modem)
	modem.reset()
	s.eventually("its session is gone", func() bool { return s.modem("boiler").State != "up" }) // a busy machine may be calling already
	if got := s.modem("boiler").Fallback; !strings.HasPrefix(got, "in ") && !strings.HasPrefix(got, "sends a text message to "+farNumber) {
		t.Errorf("fallback: %q", got)
	}
	program.say("a request into the outage")
	if got := s.next(texts); got != farNumber+" 1234 CONNECT" {
		t.Fatalf("sent: %s", got)
	}
	modem = s.online("boiler", siteID)
	talk(program, modem)
	s.plugged("ready")
	st := s.status().USB[0]
	if st.Calls != 1 || st.Modem != "" {
		t.Errorf("%+v", st)
	}

	said := s.must("wake", "boiler")
	if !strings.Contains(said, "sent a text message to "+farNumber+" with gsm1") {
		t.Errorf("wake says %s", said)
	}
	s.next(texts)
	talk(program, modem)
	if out := s.must("usb"); !strings.Contains(out, "usb gsm1\n  state") || !strings.Contains(out, "calls and wake-ups: 2,") {
		t.Errorf("usb says %s", out)
	}
}

func (s *site) next(texts <-chan string) string {
	s.Helper()
	select {
	case text := <-texts:
		return text
	case <-time.After(longest):
		s.Fatalf("no text message is sent: %+v", s.modem("boiler"))
		return ""
	}
}

// A modem without a session is called, and read; when its session comes back it is read by that, without one byte wrong.
func TestCalledModemReturnsToTCP(t *testing.T) {
	t.Parallel()
	s := newSite(t, telephoned+"protocol = \"modbus-rtu\"\n"+gsm1)
	stick := s.plugIn(&simulated.ATModem{}, simulated.Subscriber{Meter: meters.NewModbus(1)})
	program := s.openSeen("ports/boiler")
	program.say("wanted") // no request, but somebody wants something
	s.eventually("the modem is called", func() bool { return s.modem("boiler").Telephone == "gsm1" })
	if out := s.must("show", "boiler"); !strings.Contains(out, "telephone gsm1\n") || !strings.Contains(out, "exchange gprs: not called in for ") {
		t.Errorf("show says %s", out)
	}
	read := func() { t.Helper(); s.reads(program, 1) }
	for range 5 {
		read()
	}
	s.play(&simulated.Modem{Name: "boiler", Call: s.host + ":7001", Register: []byte(siteID + "\r\n"), Meter: meters.NewModbus(1)})
	for n := 0; n < 5; {
		read()
		if m := s.modem("boiler"); m.Telephone == "" && m.State == "up" {
			n++
		}
	}
	s.plugged("ready")
	stick.Do(func(m *simulated.ATModem, _ time.Time) {
		if m.InCall() || m.Counts.DataCalls != 1 {
			t.Errorf("in call %v, %+v", m.InCall(), m.Counts)
		}
	})
	read()
	if lost := s.modem("boiler").Messages; lost == nil || lost.Late+lost.Unasked+lost.Repeats != 0 {
		t.Errorf("messages: %+v", lost)
	}
}

// A plugged-in modem that is pulled out in mid-call costs the call, and nothing else.
func TestPulledOutInACall(t *testing.T) {
	t.Parallel()
	s := newSite(t, telephoned+gsm1)
	stick := s.plugIn(&simulated.ATModem{}, simulated.Subscriber{})
	program := s.openSeen("ports/boiler")
	program.say("wanted")
	s.eventually("the modem is called", func() bool { return s.modem("boiler").Telephone == "gsm1" })
	program.say("request")
	program.hear("request") // an echo is behind the number
	stick.Unplug()
	s.away("boiler")
	s.plugged("absent")
	if why := s.modem("boiler").LastError; !strings.Contains(why, "pulled out") {
		t.Errorf("last error: %s", why)
	}
	if code, out := s.meterline("status", "--problems"); code != exit.Failed || !strings.Contains(out, "gsm1") {
		t.Errorf("status --problems: exit code %d: %s", code, out)
	}
	if out := s.must("usb"); !strings.Contains(out, "absent") {
		t.Errorf("usb says %s", out)
	}
	if out := s.must("status"); !strings.Contains(out, "telephone gsm1: absent: ") {
		t.Errorf("status says %s", out)
	}
	if code, out := s.meterline("wake", "boiler"); code != exit.Failed || !strings.Contains(out, "not plugged in") {
		t.Errorf("wake: exit code %d: %s", code, out)
	}
	if st := s.status().USB[0]; st.Calls != 1 {
		t.Errorf("%d calls were counted, where one was placed", st.Calls)
	}
	talk(program, s.online("boiler", siteID))
	stick.Plug()
	s.plugged("ready")
	if opens := s.port("ports/boiler").Opens; opens != 1 {
		t.Errorf("%d opens were counted, of a program that has opened once", opens)
	}
}

// A reload that changes the plugged-in modem ends its call in good order, and goes on with it.
func TestReloadDuringACall(t *testing.T) {
	t.Parallel()
	s := newSite(t, telephoned+gsm1)
	stick := s.plugIn(&simulated.ATModem{}, simulated.Subscriber{})
	program := s.openSeen("ports/boiler")
	program.say("wanted")
	s.eventually("the modem is called", func() bool { return s.modem("boiler").Telephone == "gsm1" })
	s.configure(telephoned + gsm1 + "calls_a_day = 7\n")
	if out := s.must("reload"); !strings.Contains(out, "usb modem gsm1") {
		t.Errorf("reload says %s", out)
	}
	s.away("boiler")
	s.plugged("ready")
	stick.Do(func(m *simulated.ATModem, _ time.Time) {
		if m.InCall() {
			t.Error("the call is left")
		}
	})
	talk(program, s.online("boiler", siteID))
}
