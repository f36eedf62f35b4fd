package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"meterline/cmd/meterline/config"
	"meterline/relay/simulated/meters"
)

// families are families of modem with bytes of their own. Where heartbeats stand among data, none is sent. The ready profiles
// come besides.
var families = []struct {
	profile string // of the exchange
	side    string // of the simulated modem, empty: the profile
	id      string // to be counted up; empty: known by its address
	beat    time.Duration
	table   string // that declares the profile, empty: it needs none
}{
	{profile: "imei", id: "861234567890151"},
	{profile: "address"},
	{profile: "irz", id: "861234567890101", beat: time.Millisecond},
	{profile: "irz", side: "irz-plain", id: "861234567890111", beat: time.Hour},
	{profile: "teleofis", id: "861234567890121"},
	{profile: "four-faith", id: "13066668888", beat: time.Millisecond},
	{profile: "four-faith", id: "FDFEED01", beat: time.Millisecond},
	{profile: "ddp", id: "13912345671", beat: time.Millisecond},
	{profile: "dlms-push", id: "E0012345678901231", beat: time.Hour},
	{profile: "dlms-push", id: "KA6P005039021110", beat: time.Hour},
	{profile: "mercury228"},
	{profile: "escaped", id: "1001", beat: time.Millisecond, table: `
registration = "LOGIN:{id};CSQ={signal}\r\n"
answer = "OK {id} {date:YYYYMMDDhhmmss}"
escape = { "hex:C0" = "hex:DB DC", "hex:DB" = "hex:DB DD", "hex:C2" = "hex:DB DE", "hex:FE" = "hex:DB DF" }
frame_start = "hex:C2"
frame_end = "hex:C0"
heartbeats = [{ bytes = "LOG", answer = "ok" }]`},
	{profile: "counted", id: "13912345681", beat: time.Millisecond, table: `
registration = "hex:7B 01 00 16 {id:11} {*:6} 7B"
answer = "hex:7B 81 00 10 {id} 7B"
packet_in = "hex:7B 09 {length:2} {id} 7B {data}"
packet_out = "hex:7B 89 {length:2} {id} 7B {data}"
length_counts = "packet"
heartbeats = [{ bytes = "hex:7B 03 00 10 {id} 7B", answer = "hex:7B 83 00 10 {id} 7B" }]`},
	{profile: "repeated", id: "1001", table: `
registration = "LOGIN:{id:4};{signal};"
repeat = "every-packet"`},
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
	t.Parallel()
	all := families
	for _, name := range config.ReadyNames() {
		f := families[0]
		f.profile, f.id = name, idOfReady(t, name)
		all = append(all, f)
	}
	for i, f := range all {
		t.Run(f.profile+" "+f.id, func(t *testing.T) {
			t.Parallel()
			key, first := "id", f.id
			second, err := countUp(f.id, 1)
			if f.id == "" {
				key, first, second, err = "address", "HOST", ownHost(), nil
			}
			if err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf(`
[exchange.x]
listen = "HOST:7001"
profile = %[1]q
[modem.called]
exchange = "x"
%[2]s = %[3]q
port = "ports/called"
[modem.configured]
exchange = "x"
%[2]s = %[4]q
port = "ports/configured"
[sim.configured]
meter = "modbus-rtu"
`, f.profile, key, first, second)
			if f.table != "" {
				text += "[profile." + f.profile + "]" + f.table + "\n"
			}
			s := startSite(t, text)
			sim := simVerb{profile: cmp.Or(f.side, f.profile), file: s.file, count: 1, settings: config.Sim{
				Call: s.host + ":7001", ID: cmp.Or(f.id, s.host), Meter: meters.KindModbus, Unit: 1, Shuffle: true, BeatEvery: f.beat,
			}}
			s.simulate(sim)
			for _, name := range []string{"called", "configured"} {
				s.eventually(name+" is on line", func() bool { return s.modem(name).State == "up" })
				if s.apart(f.profile) {
					s.readApart("ports/"+name, 10)
				} else {
					s.readModbus("ports/"+name, 20, uint16(i))
				}
			}
		})
	}
}

// A modem that is called and adds frames is simulated with them.
func TestCalledFamilies(t *testing.T) {
	t.Parallel()
	s := startSite(t, `
[modem.gateway]
dial = "HOST:7002"
profile = "mercury228"
port = "ports/gateway"
[sim.gateway]
meter = "modbus-rtu"
`)
	s.eventually("the gateway is on line", func() bool { return s.modem("gateway").State == "up" })
	s.readModbus("ports/gateway", 20, 7)
}

// apart reports whether modems of a profile make pauses between packets.
func (s *site) apart(profile string) bool {
	s.Helper()
	b, err := newBook(s.file)
	if err != nil {
		s.Fatal(err)
	}
	p, err := b.find(profile)
	if err != nil {
		s.Fatal(err)
	}
	return len(p.Packet)+len(p.Repeat) > 0
}

// readApart reads registers of the simulated meter behind a port, where each answer takes its time.
func (s *site) readApart(name string, times int) {
	s.Helper()
	f, err := os.OpenFile(s.path(name), os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		s.Fatal(err)
	}
	defer f.Close()
	const value = 0xFA01 // a prefix begins like that
	if err := meters.WriteModbus(f, 1, 1001, value, longest); err != nil {
		s.Fatal(err)
	}
	for range times {
		if got, err := meters.ReadModbus(f, 1, 3, 1001, 1, longest); err != nil || got[0] != value {
			s.Fatalf("read %x, %v, want %x", got, err, value)
		}
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
		if err := meters.WriteModbus(f, 1, 1001, value, longest); err != nil {
			s.Fatal(err)
		}
		if got, err := meters.ReadModbus(f, 1, 3, 1001, 1, longest); err != nil || got[0] != value {
			s.Fatalf("read %x, %v, want %x", got, err, value)
		}
		serial, err := meters.ReadModbus(f, 1, 3, 208, 8, longest)
		want := []uint16{'S'<<8 | 'I', 'M'<<8 | '0', '0'<<8 | '0', '0'<<8 | '0', '0'<<8 | '0'}
		if err != nil || !slices.Equal(serial[:5], want) {
			s.Fatalf("serial number %x, %v", serial, err)
		}
	}
}

// idOfReady is an id that a ready profile takes, empty where modems are known by their address.
func idOfReady(t *testing.T, name string) string {
	t.Helper()
	ready, err := config.ReadyProfiles()
	if err != nil {
		t.Fatal(err)
	}
	p := ready[name].Config
	if !p.Registers() {
		return ""
	}
	for _, id := range []string{"861234567890131", "13912345691", "1001", "ACDE48001122", "FDFEED01", "12345678", "0002341200"} {
		if p.CheckID(id) == nil {
			return id
		}
	}
	t.Fatalf("no id fits the ready profile %s: add one", name)
	return ""
}
