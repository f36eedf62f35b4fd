package main

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"meterline/relay/relaytest"
)

// families are the families of modem with a protocol of their own. Where heartbeats stand among data, none is sent.
var families = []struct {
	profile string // of the exchange
	side    string // of the simulated modem
	id      string // to be counted up
	beat    time.Duration
}{
	{"irz", "irz", "861234567890101", time.Millisecond},
	{"irz", "irz-plain", "861234567890111", time.Hour},
	{"teleofis", "teleofis", "861234567890121", time.Hour},
	{"four-faith", "four-faith", "13066668888", time.Millisecond},
	{"four-faith", "four-faith", "FDFEED01", time.Millisecond},
}

// simulate plays the modems of a sim verb until the test ends.
func (s *site) simulate(v simVerb) {
	s.Helper()
	modems, err := v.modems(slog.New(slog.DiscardHandler))
	if err != nil {
		s.Fatal(err)
	}
	var group sync.WaitGroup
	for _, m := range modems {
		group.Go(func() {
			if err := m.Run(s.Context()); err != nil {
				s.Error(err)
			}
		})
	}
	s.Cleanup(group.Wait) // the test's context has ended by then
}

// A program reads its meter through modems of every family, of the sim verb and of the configuration, however their bytes come.
func TestFamilies(t *testing.T) {
	for i, f := range families {
		t.Run(f.side+" "+f.id, func(t *testing.T) {
			t.Parallel()
			second, err := countUp(f.id, 1)
			if err != nil {
				t.Fatal(err)
			}
			s := startSite(t, fmt.Sprintf(`
[exchange.x]
listen = "HOST:7001"
profile = %q
[modem.called]
exchange = "x"
id = %q
port = "ports/called"
[modem.configured]
exchange = "x"
id = %q
port = "ports/configured"
[sim.configured]
meter = "modbus-rtu"
`, f.profile, f.id, second))
			s.simulate(simVerb{profile: f.side, count: 1, settings: simSettings{
				Call: s.host + ":7001", ID: f.id, Meter: relaytest.KindModbus, Unit: 1, Shuffle: true, BeatEvery: f.beat,
			}})
			for _, name := range []string{"called", "configured"} {
				s.eventually(name+" is on line", func() bool { return s.modem(name).State == "up" })
				s.readModbus("ports/"+name, 20, uint16(i))
			}
		})
	}
}

// readModbus writes and reads registers of the simulated meter behind a port.
func (s *site) readModbus(name string, times int, seed uint16) {
	s.Helper()
	f, err := os.OpenFile(s.path(name), os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		s.Fatal(err)
	}
	defer f.Close()
	for i := range uint16(times) {
		value := 0xFDFE + i*0x0101 + seed // bytes that some families escape
		if err := relaytest.WriteModbus(f, 1, 1001, value, longest); err != nil {
			s.Fatal(err)
		}
		if got, err := relaytest.ReadModbus(f, 1, 3, 1001, 1, longest); err != nil || got[0] != value {
			s.Fatalf("read %x, %v, want %x", got, err, value)
		}
		serial, err := relaytest.ReadModbus(f, 1, 3, 208, 8, longest)
		want := []uint16{'S'<<8 | 'I', 'M'<<8 | '0', '0'<<8 | '0', '0'<<8 | '0', '0'<<8 | '0'}
		if err != nil || !slices.Equal(serial[:5], want) {
			s.Fatalf("serial number %x, %v", serial, err)
		}
	}
}
