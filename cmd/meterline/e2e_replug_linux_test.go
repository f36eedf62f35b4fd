package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
)

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
