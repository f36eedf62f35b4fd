package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"meterline/cmd/meterline/exit"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
)

// However a session ends, the program keeps its descriptor, and the next session is served on it with nothing left over.
func TestUnpluggedModem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more   string // of the modem's configuration
		unplug func(modem *party)
	}{
		"RST":     {"", (*party).reset},
		"FIN":     {"", (*party).close},
		"silence": {"silence = \"3s\"\n", (*party).end},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startSite(t, oneModem+c.more)
			program := s.openSeen("ports/boiler")
			for round := range 3 {
				modem := s.online("boiler", siteID)
				talk(program, modem)
				c.unplug(modem)
				s.away("boiler")

				const late = "written into the outage"
				program.say(late)
				s.eventually("what is written while the modem is away is dropped and counted", func() bool {
					return s.port("ports/boiler").Dropped["no session"] == int64(len(late)*(round+1))
				})
			}
			talk(program, s.online("boiler", siteID))
			if opens := s.port("ports/boiler").Opens; opens != 1 {
				t.Errorf("%d opens were counted, of a program that has opened once", opens)
			}
		})
	}
}

// What the old session has brought already still arrives, before what the new one brings.
func TestDisplacedModem(t *testing.T) {
	t.Parallel()
	s := startSite(t, oneModem)
	program := s.openSeen("ports/boiler")
	modem := s.online("boiler", siteID)
	talk(program, modem)
	for range 4 {
		modem.say("the end of a reading")
		modem.acknowledged(s)
		next := s.online("boiler", siteID)
		next.say("the beginning")
		program.hear("the end of a reading" + "the beginning")
		modem.end()
		talk(program, next)
		modem = next
	}
	st := s.modem("boiler")
	if st.Displaced != 4 || st.Contested || st.Sessions != 5 {
		t.Errorf("%d displaced, %d sessions, contested %v, want 4, 5, false", st.Displaced, st.Sessions, st.Contested)
	}
	if code, out := s.meterline("status", "--problems"); code != exit.Failed || !strings.Contains(out, "without closing its connection") {
		t.Errorf("status --problems: exit code %d for a modem that calls in again and again: %s", code, out)
	}
	for range 100 {
		talk(program, modem) // the old sessions' ends have harmed nothing
	}
}

// What a program does not read yet stays with the modem, which is held back, and nothing of it is lost.
func TestSlowProgram(t *testing.T) {
	t.Parallel()
	s := startSite(t, oneModem)
	program := s.openSeen("ports/boiler")
	modem := s.online("boiler", siteID)
	talk(program, modem)
	all := bytes.Repeat(randomBytes(1, 65521), 512) // a prime length: a piece lost anywhere shows
	_ = modem.tcp().SetWriteDeadline(time.Now().Add(time.Second))
	sent, _ := modem.conn.Write(all) // until nobody takes any more
	if sent == len(all) {
		t.Fatalf("%d bytes were taken from a modem whose program does not read", sent)
	}
	if got := program.take(sent); !bytes.Equal(got, all[:sent]) {
		t.Error("the program got other bytes than the modem has sent")
	}
	talk(program, modem)
	if d := s.port("ports/boiler").Dropped; len(d) > 0 {
		t.Errorf("dropped: %v", d)
	}
}

func TestBulkBothWays(t *testing.T) {
	t.Parallel()
	s := startSite(t, oneModem)
	program := s.openSeen("ports/boiler")
	modem := s.online("boiler", siteID)
	exchange(t, program, modem, 1<<20)
	talk(program, modem)
}

// pump is a second modem that falls back to telephoned's plugged-in modem.
const pump = `
[modem.pump]
exchange = "gprs"
id = "356938035643810"
port = "ports/pump"
number = "+79180001123"
fallback = "gsm1"
fallback_after = "1s"
`

// A plugged-in modem is used behind more descriptors than select(2) knows; pulled out in mid-call and plugged in again, it calls the
// next one.
func TestPluggedInAgainBehindManyDescriptors(t *testing.T) {
	t.Parallel()
	holdDescriptors(t, 1200)
	s := newSite(t, telephoned+pump+gsm1)
	stick := s.plugIn(&simulated.ATModem{}, simulated.Subscriber{Meter: meters.NewModbus(1)})
	stick.Do(func(m *simulated.ATModem, _ time.Time) {
		m.Numbers["+79180001123"] = simulated.Subscriber{Meter: meters.NewModbus(2)}
	})
	first, second := s.openSeen("ports/boiler"), s.openSeen("ports/pump")
	first.say("wanted")
	s.eventually("the first modem is called", func() bool { return s.modem("boiler").Telephone == "gsm1" })
	s.reads(first, 1)
	stick.Unplug()
	s.away("boiler")
	s.plugged("absent")
	stick.Plug()
	s.plugged("ready")
	second.say("wanted")
	s.eventually("the second modem is called", func() bool { return s.modem("pump").Telephone == "gsm1" })
	s.reads(second, 2)
	stick.Do(func(m *simulated.ATModem, _ time.Time) {
		if m.Counts.DataCalls != 2 {
			t.Errorf("%+v", m.Counts)
		}
	})
	if out := s.must("status", "boiler"); !strings.Contains(out, "telephone gsm1: in ") {
		t.Errorf("status says %s", out)
	}
}

// holdDescriptors has that many more open until the test ends.
func holdDescriptors(t *testing.T, many int) {
	t.Helper()
	for n := range many {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Skipf("only %d descriptors can be had: %v", n, err)
		}
		t.Cleanup(func() { _ = f.Close() })
	}
}
