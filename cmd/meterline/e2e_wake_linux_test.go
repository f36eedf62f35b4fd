package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"meterline/cmd/meterline/exit"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
)

// wokenBySMS is a site whose modem answers a text message.
const wokenBySMS = telephoned + `
wake = "sms"
wake_text = "1234 CONNECT"
wake_answers = ["готов*"]
`

// A modem that has understood writes so, from its number in another form, and opens its session; nobody calls it.
func TestReplyAndSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, wokenBySMS+gsm1)
	texts := make(chan string, 1)
	m := &simulated.ATModem{OnlyStores: true, OnSMS: func(number, text string) { texts <- number + " " + text }}
	stick := s.plugIn(m, simulated.Subscriber{Reply: &simulated.ATReply{Text: "Готов к работе", From: "89180001122", After: 100 * time.Millisecond}})
	program := s.openSeen("ports/boiler")
	program.say("a request into the outage")
	s.next(texts)
	s.eventually("the reply is shown", func() bool {
		return strings.Contains(s.must("show", "boiler"), `text message: "Готов к работе"`)
	})
	if u := s.status().USB[0]; u.Modem != "" || u.Calls != 1 {
		t.Errorf("while the modem is awaited: %+v", u)
	}
	modem := s.online("boiler", siteID)
	talk(program, modem)
	stick.Do(func(m *simulated.ATModem, _ time.Time) {
		if m.Counts.DataCalls != 0 || m.Counts.Messages != 1 || m.Stored() != 0 {
			t.Errorf("%+v, %d stored", m.Counts, m.Stored())
		}
	})
	if said := s.must("wake", "boiler"); !strings.Contains(said, `it replied "Готов к работе"; boiler has had its session all the time`) {
		t.Errorf("wake says %s", said)
	}
}

// A modem that has not understood is called at once.
func TestReplyThatRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, wokenBySMS+gsm1)
	stick := s.plugIn(&simulated.ATModem{}, simulated.Subscriber{
		Meter: meters.NewModbus(1), Reply: &simulated.ATReply{Text: "ERROR: password", After: 50 * time.Millisecond},
	})
	program := s.openSeen("ports/boiler")
	program.say("wanted")
	s.eventually("the modem is called", func() bool { return s.modem("boiler").Telephone == "gsm1" })
	if why := s.modem("boiler").LastError; !strings.Contains(why, `it replied "ERROR: password": not among wake_answers`) {
		t.Errorf("last error: %s", why)
	}
	wire, ok := program.conn.(*os.File)
	if !ok {
		t.Fatal("the program has no port")
	}
	if values, err := meters.ReadModbus(wire, 1, 3, 0, 10, longest); err != nil || len(values) != 10 {
		t.Errorf("%d registers: %v", len(values), err)
	}
	stick.Do(func(m *simulated.ATModem, _ time.Time) {
		if m.Counts.DataCalls != 1 || m.Counts.Messages != 1 {
			t.Errorf("%+v", m.Counts)
		}
	})
}

// again stops the site's daemon and starts another one.
func (s *site) again() {
	s.Helper()
	s.stop()
	s.over.Store(false)
	s.run()
}

// What was spent today is known after a restart, and after a reload that changes the limits.
func TestDayOutlivesRestart(t *testing.T) {
	t.Parallel()
	const config = "state = \"state.json\"\n" + telephoned + "wake = \"sms\"\nwake_text = \"W\"\n" + gsm1
	s := newSite(t, config+"modem_calls_a_day = 2\n")
	s.plugIn(&simulated.ATModem{}, simulated.Subscriber{})
	for calls := range 2 {
		modem := s.online("boiler", siteID)
		if u := s.status().USB[0]; u.Calls != calls {
			t.Errorf("%d calls are known, of %d", u.Calls, calls)
		}
		s.must("wake", "boiler")
		s.again()
		modem.end()
		s.plugged("ready")
	}
	s.online("boiler", siteID)
	if code, out := s.meterline("wake", "boiler"); code != exit.Failed || !strings.Contains(out, "the day's limit is reached for modem boiler: 2 calls") {
		t.Errorf("wake: exit code %d: %s", code, out)
	}
	s.configure(config + "modem_calls_a_day = 3\n")
	if out := s.must("reload"); !strings.Contains(out, "usb modem gsm1") {
		t.Errorf("reload says %s", out)
	}
	s.plugged("ready")
	if u := s.status().USB[0]; u.Calls != 2 {
		t.Errorf("behind a reload: %+v", u)
	}
	s.must("wake", "boiler")
}

// A wrong PIN is given to the SIM once, however often the daemon is started; another one in its file is tried.
func TestWrongPINOutlivesRestart(t *testing.T) {
	t.Parallel()
	s := newSite(t, "state = \"state.json\"\n"+telephoned+gsm1+"pin_file = \"pin\"\n")
	write := func(pin string) {
		t.Helper()
		if err := os.WriteFile(s.path("pin"), []byte(pin+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("4321")
	mute := map[string]string{"+CPINR": "ERROR", "^SPIC": "ERROR", "+SPIC": "ERROR"} // it does not tell how many attempts are left
	stick := s.newStick(&simulated.ATModem{PIN: "1234", Refuse: mute}, simulated.Subscriber{})
	s.background(stick.Run)
	wrong := func() (n int) {
		stick.Do(func(m *simulated.ATModem, _ time.Time) { n = m.Counts.WrongPINs })
		return n
	}
	s.run()
	for range 3 {
		s.plugged("failed: ")
		if st := s.status().USB[0]; !strings.Contains(st.State, "refused the PIN") || wrong() != 1 {
			t.Errorf("%s, %d wrong ones", st.State, wrong())
		}
		s.again()
	}
	s.plugged("failed: ")
	write("1234")
	s.must("reload")
	s.plugged("ready")
	if wrong() != 1 {
		t.Errorf("%d wrong ones", wrong())
	}
	if state, err := os.ReadFile(s.path("state.json")); err != nil || strings.Contains(string(state), `"4321"`) || !strings.Contains(string(state), `"pins"`) {
		t.Errorf("the state file: %s, %v", state, err)
	}
	write("4321") // right for another SIM, which the modem does not tell apart
	stick.Unplug()
	s.plugged("absent")
	stick.Do(func(m *simulated.ATModem, _ time.Time) { m.PIN = "4321" })
	s.must("reload")
	stick.Plug()
	s.plugged("failed: ")
	if out := s.must("usb", "--forget-pin", "gsm1"); !strings.Contains(out, "usb gsm1: its PIN is tried again") {
		t.Errorf("usb --forget-pin says %s", out)
	}
	stick.Unplug()
	s.plugged("absent")
	stick.Plug()
	s.plugged("ready")
}

// An operator who does not wait any longer is told so, and the daemon does not either.
func TestWakeIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, telephoned+"wake = \"sms\"\nwake_text = \"X\"\n"+gsm1)
	s.plugIn(&simulated.ATModem{}, simulated.Subscriber{})
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var out bytes.Buffer
	code := make(chan int, 1)
	s.background(func(context.Context) error {
		code <- execute(ctx, []string{"wake", "boiler", "--control", s.control}, &out, &out)
		return nil
	})
	s.eventually("its session is awaited", func() bool { return len(s.status().USB[0].Awaited) == 1 })
	if out := s.must("usb"); !strings.Contains(out, "awaited       boiler: its session, for 1m") {
		t.Errorf("usb says %s", out)
	}
	interrupt()
	if code := <-code; code != exit.Failed || !strings.Contains(out.String(), "boiler is not waited for any more") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
	s.eventually("nothing is awaited", func() bool { return len(s.status().USB[0].Awaited) == 0 })
}

// A modem that rejects the call has understood, where that is what it answers by; else it was busy.
func TestRejectedCall(t *testing.T) {
	t.Parallel()
	const config = telephoned + "wake = \"call\"\n"
	s := newSite(t, config+"wake_answers = [\"BUSY\"]\n"+gsm1)
	s.plugIn(&simulated.ATModem{}, simulated.Subscriber{Voice: "BUSY"})
	s.online("boiler", siteID)
	if said := s.must("wake", "boiler"); !strings.Contains(said, "the call ended with: BUSY; boiler has had") {
		t.Errorf("wake says %s", said)
	}
	s.configure(config + gsm1)
	s.must("reload")
	s.online("boiler", siteID)
	if code, out := s.meterline("wake", "boiler"); code != exit.Failed || !strings.Contains(out, "busy") {
		t.Errorf("wake: exit code %d: %s", code, out)
	}
	if fact := s.modem("boiler").Facts["answer to wake-up"].Value; fact != "missed call: BUSY" {
		t.Errorf("fact: %s", fact)
	}
}
