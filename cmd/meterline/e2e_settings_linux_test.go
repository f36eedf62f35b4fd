package main

import (
	"strings"
	"sync"
	"testing"

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
