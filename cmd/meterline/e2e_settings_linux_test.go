package main

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"meterline/cmd/meterline/exit"
	"meterline/vport"
	"meterline/vport/netport"
)

// farSerial is a terminal server, and what it was told, in order.
type farSerial struct {
	mu   sync.Mutex
	told []string
}

func (f *farSerial) tell(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.told); n == 0 || f.told[n-1] != what {
		f.told = append(f.told, what)
	}
}

func (f *farSerial) all() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.told, " | ")
}

// startFarSerial is one that listens at address and answers with what it gets.
func startFarSerial(t *testing.T, address string) *farSerial {
	t.Helper()
	server, err := netport.RFC2217(nil).Open(vport.Spec{Address: "rfc2217://" + address}, nil)
	if err != nil {
		t.Fatal(err)
	}
	far := new(farSerial)
	server.(vport.Signaller).SetSignal(func(s vport.Signal) {
		if s.Kind == vport.SignalSettings {
			far.tell(s.Settings.String())
		}
	})
	var reading sync.WaitGroup
	reading.Go(func() {
		_ = server.Receive(func(p []byte) bool { // until it is closed
			far.tell(string(p))
			_, _ = server.Write(p) // the client's fault, if it has gone
			return true
		})
	})
	t.Cleanup(func() {
		_ = server.Close()
		reading.Wait()
	})
	return far
}

// What pySerial sets at a port by RFC 2217 is set at a far terminal server, in order with the bytes, as mode C of IEC 62056-21
// needs it.
func TestSettingsReachTheFarPort(t *testing.T) {
	python := pySerial(t)
	t.Parallel()
	host := ownHost()
	far := startFarSerial(t, host+":7005")
	s := startSite(t, `
[modem.boiler]
dial = "rfc2217://`+host+`:7005"
port = "rfc2217://HOST:7006"
`)
	s.eventually("the terminal server is reached", func() bool { return s.modem("boiler").State == "up" })
	out := s.program(python, "-c", `
import serial, sys
s = serial.serial_for_url("rfc2217://`+s.host+`:7006", baudrate=300, bytesize=7, parity="E", stopbits=1, timeout=10)
s.write(b"/?!")
assert s.read(3) == b"/?!", "the far end is silent"
assert s.cd, "no carrier"
s.write(b"ack")
s.baudrate = 9600
assert s.read(3) == b"ack", "the far end is silent"
s.write(b"fast")
assert s.read(4) == b"fast", "the far end is silent"
s.close()
print("done")
`)
	if !strings.Contains(out, "done") {
		t.Fatal(out)
	}
	got := far.all()
	if !strings.Contains(got, "300 7E1 | /?! | ack | 9600 7E1 | fast") {
		t.Errorf("the far port was told: %s", got)
	}
}

// The table says by which line a modem is reached where that is not its first, and what is wrong with the better ones.
func TestStatusTellsOfTheLine(t *testing.T) {
	t.Parallel()
	s := newSite(t, `
[modem.boiler]
dial = ["HOST:4001", "HOST:4002"]
port = "ports/boiler"
`)
	second := s.answer(4002)
	s.run()
	modem := second.next()
	s.has("boiler", modem)
	program := s.openSeen("ports/boiler")
	talk(program, modem)
	for verb, wants := range map[string][]string{
		"status": {"  LINE  ", "  dial " + s.host + ":4002  ", "  dial " + s.host + ":4001: connection refused ("},
		"show":   {"line        dial " + s.host + ":4002\n", "why not     dial " + s.host + ":4001: connection refused ("},
	} {
		out := s.must(verb, "boiler")
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("%s has no %q:\n%s", verb, want, out)
			}
		}
	}
	modem.reset()
	first := s.answer(4001)
	s.has("boiler", first.next())
	if out := s.must("status"); strings.Contains(out, "LINE") {
		t.Errorf("reached at its first address:\n%s", out)
	}
}

// transcript is what a command has printed so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *transcript) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *transcript) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// watch runs meterline watch until the test ends, and tells what it has printed.
func (s *site) watch(name string) func() string {
	ctx, cancel := context.WithCancel(s.Context())
	var out, faults transcript
	var verb sync.WaitGroup
	verb.Go(func() {
		if code := execute(ctx, []string{"watch", name, "--control", s.control}, &out, &faults); code != exit.Done {
			s.Errorf("watch %s: exit code %d: %s", name, code, faults.String())
		}
	})
	s.Cleanup(func() {
		cancel()
		verb.Wait()
	})
	return out.String
}
