package main

import (
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/cmd/meterline/exit"
)

// Two ports, one modem: whoever writes first has it, the other's bytes are dropped and counted, and what lies idle may be taken.
func TestTwoPortsOneModem(t *testing.T) {
	t.Parallel()
	s := startSite(t, oneModem+`
lease_idle = "1s"
[port.billing]
path = "ports/billing"
modem = "boiler"
`)
	own, billing := s.openSeen("ports/boiler"), s.openSeen("ports/billing")
	modem := s.online("boiler", siteID)
	modem.say("to nobody in particular")
	own.hear("to nobody in particular") // the modem's own port gets what comes without a lease

	talk(own, modem)
	const ask = "may I?"
	tries := s.takeOver(billing, modem, ask)
	st := s.port("ports/billing")
	if got, want := st.Dropped["another port has the modem"], int64((tries-1)*len(ask)); got != want || tries < 2 {
		t.Errorf("%d bytes dropped and counted in %d tries, want %d", got, tries, want)
	}
	talk(billing, modem)
	own.say("too late")
	s.eventually("the first port's bytes are dropped", func() bool {
		return s.port("ports/boiler").Dropped["another port has the modem"] == int64(len("too late"))
	})
	if held := s.port("ports/boiler").HeldBy; held != s.path("ports/billing") {
		t.Errorf("the first port says that %q has the modem", held)
	}

	billing.close()
	s.eventually("the lease ends with the program", func() bool { return s.modem("boiler").Lease == "" })
	talk(own, modem)
}

// takeOver writes until the modem hears it, which must not be before the lease has been idle for its second.
func (s *site) takeOver(taker, modem *party, text string) (tries int) {
	s.Helper()
	began := time.Now()
	heard := make(chan struct{})
	var ear sync.WaitGroup
	defer ear.Wait()
	ear.Go(func() {
		defer close(heard)
		if got := string(modem.take(len(text))); got != text {
			s.Errorf("the modem hears %q, want %q", got, text)
		}
	})
	for {
		taker.say(text)
		tries++
		// Each try has been settled before the next, so that only the last one gets through.
		from := int64(tries * len(text))
		s.eventually("the try is looked at", func() bool {
			st := s.port(strings.TrimPrefix(taker.name, "program at "))
			return st.FromDTE == from
		})
		select {
		case <-heard:
			if d := time.Since(began); d < 900*time.Millisecond { // the idle time began a little earlier
				s.Errorf("the lease was taken over after %v", d)
			}
			return tries
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// A probe asks only where it disturbs nobody.
func TestProbe(t *testing.T) {
	t.Parallel()
	s := startSite(t, oneModem+`
[sim.boiler]
meter = "modbus-rtu"
`)
	probe := func() (int, string) {
		return s.meterline("probe", "boiler", "--modbus", "1:0:1", "--timeout", "5s", "--pause", "100ms")
	}
	s.eventually("the simulated modem is on line", func() bool { return s.modem("boiler").State == "up" })
	if code, out := probe(); code != exit.Done || !strings.Contains(out, "2301") {
		t.Errorf("exit code %d: %s", code, out)
	}
	program := s.openSeen("ports/boiler")
	if code, out := probe(); code != exit.Done {
		t.Errorf("refused though nothing has been written: exit code %d: %s", code, out)
	}
	program.say("\x01\x03\x00\x00\x00\x01\x84\x0a")
	program.hear("\x01\x03\x02\x08\xfd\x7e\x05")
	if code, out := probe(); code != exit.Failed || !strings.Contains(out, s.path("ports/boiler")) {
		t.Errorf("a leased modem: exit code %d, does not name who has it: %s", code, out)
	}
	program.close()
	s.eventually("the lease ends", func() bool { return s.modem("boiler").Lease == "" })
	if code, out := probe(); code != exit.Done {
		t.Errorf("exit code %d: %s", code, out)
	}
	if code, out := s.meterline("probe", "nowhere", "--iec"); code != exit.Failed {
		t.Errorf("an unknown modem: exit code %d: %s", code, out)
	}
}

// Somebody who watches sees the bytes of both directions, and what was dropped.
func TestWatch(t *testing.T) {
	t.Parallel()
	s := startSite(t, oneModem)
	program, seen := s.openSeen("ports/boiler"), s.watch("boiler")
	modem := s.online("boiler", siteID)
	s.eventually("the watch shows what passes", func() bool {
		talk(program, modem)
		text := seen()
		return strings.Contains(text, "→ 72 65 71 75 65 73 74 ") && strings.Contains(text, "request\n") &&
			strings.Contains(text, "← 61 6e 73 77 65 72 ") && strings.Contains(text, "answer\n")
	})
	program.close()
	s.eventually("the program's leaving is noticed", func() bool { return !s.port("ports/boiler").Open })
	modem.say("nobody")
	s.eventually("the watch shows what is dropped", func() bool {
		return strings.Contains(seen(), "nobody\n") && strings.Contains(seen(), "dropped: no program had the port open")
	})
}

// A kick ends the session, not the program's visit.
func TestKick(t *testing.T) {
	t.Parallel()
	s := startSite(t, oneModem)
	program := s.openSeen("ports/boiler")
	for _, name := range []string{"boiler", s.path("ports/boiler")} {
		modem := s.online("boiler", siteID)
		talk(program, modem)
		s.must("kick", name)
		modem.end()
		s.away("boiler")
	}
	if code, out := s.meterline("kick", "boiler"); code != exit.Failed || !strings.Contains(out, "no session") {
		t.Errorf("a modem without a session: exit code %d: %s", code, out)
	}
	talk(program, s.online("boiler", siteID))
}
