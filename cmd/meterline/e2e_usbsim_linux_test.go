package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"meterline/cmd/meterline/exit"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
)

// The simulated modem of the command line has meters behind its numbers, which the daemon reads by telephone.
func TestSimulatedPluggedInModem(t *testing.T) {
	t.Parallel()
	s := newSite(t, telephoned+"protocol = \"modbus-rtu\"\n"+gsm1)
	s.simStick("--number", "+7 (918) 000-11-20", "--count", "3")
	program := s.openSeen("ports/boiler")
	program.say("wanted")
	s.eventually("the modem is called", func() bool { return s.modem("boiler").Telephone == "gsm1" })
	s.reads(program, 1)
	if out := s.must("status"); !strings.Contains(out, "telephone gsm1  "+farNumber) || !strings.Contains(out, "exchange gprs: not called in for ") {
		t.Errorf("status says %s", out)
	}
}

func TestSimulatedPluggedInModemIsRefused(t *testing.T) {
	with := func(more ...string) []string { return append([]string{"--usb-modem", "x", "--number", "12"}, more...) }
	calling := func(more ...string) []string { return with(append([]string{"--call", "127.0.0.1:1"}, more...)...) }
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--usb-modem", "x"}, "write --number too"},
		{[]string{"--usb-modem", "x", "--number", "12a"}, "is no telephone number"},
		{[]string{"--usb-modem", "x", "--number", "112"}, "emergency"},
		{[]string{"--usb-modem", "x", "--number", "98", "--count", "3"}, "begin lower"},
		{[]string{"--usb-modem", "x", "--call", "127.0.0.1:1"}, "write --number too"},
		{with("--count", "0"), "from 1 to"},
		{with("--meter", "gas"), "write one of"},
		{with("--listen", "127.0.0.1:1"), "[listen usb-modem]"},
		{with("--imei", "861234567890001"), "--imei: write --call ADDRESS too"},
		{with("--stay", "5s"), "--stay: write --call ADDRESS too"},
		{with("--call", "10.0.0.1:7001"), "not on loopback"},
		{calling("--imei", "99", "--count", "2"), "begin lower"},
		{calling("--woken-after", "-1s"), "write a time such as 5s"},
		{calling("--profile", "irz"), "write --id ID too"},
		{[]string{"--call", "127.0.0.1:1", "--stay", "5s"}, "--stay: it goes with --usb-modem"},
	} {
		var out strings.Builder
		ctx, cancel := context.WithTimeout(t.Context(), longest) // it would run until it is interrupted
		code := execute(ctx, append([]string{"sim"}, c.args...), &out, &out)
		if code != exit.Usage || !strings.Contains(out.String(), c.want) {
			t.Errorf("%q: exit code %d, want %q: %s", c.args, code, c.want, out.String())
		}
		cancel()
	}
}

// The session of a modem is lost; the missed call that a program's request brings about wakes it, it calls in, and the program
// reads its meter over TCP.
func TestSimulatedModemIsWokenByAMissedCall(t *testing.T) {
	t.Parallel()
	s := newSite(t, telephoned+"protocol = \"modbus-rtu\"\nwake = \"call\"\ndata_call = false\n"+gsm1)
	s.simStick("--number", farNumber, "--call", s.host+":7001", "--imei", siteID, "--woken-after", "100ms", "--stay", "0")
	program := s.openSeen("ports/boiler")
	modem := s.online("boiler", siteID)
	program.say("\x01\x03\x00\x00\x00\x01\x84\x0a")
	modem.hear("\x01\x03\x00\x00\x00\x01\x84\x0a")
	modem.reset()
	s.eventually("the modem is woken, and calls in", func() bool {
		m := s.modem("boiler")
		return m.State == "up" && m.Sessions == 2
	})
	s.reads(program, 1)
	if st, m := s.status().USB[0], s.modem("boiler"); st.Calls != 1 || m.Line != "exchange gprs" {
		t.Errorf("%d calls, by %s", st.Calls, m.Line)
	}
}

// simStick runs meterline sim with a plugged-in modem, and then starts the daemon.
func (s *site) simStick(args ...string) {
	s.Helper()
	s.sim(append([]string{"--usb-modem", s.path("gsm1")}, args...)...)
	s.eventually("the modem is plugged in", func() bool { return exists(s.path("gsm1")) })
	s.run()
	s.plugged("ready")
}

// sim runs meterline sim until the test ends.
func (s *site) sim(args ...string) {
	s.background(func(ctx context.Context) error {
		if code := execute(ctx, append([]string{"sim", "--log-level", "error"}, args...), io.Discard, s.Output()); code != exit.Done {
			return fmt.Errorf("exit code %d", code)
		}
		return nil
	})
}

// reads reads a Modbus meter once.
func (s *site) reads(program *party, unit byte) {
	s.Helper()
	wire, ok := program.conn.(*os.File)
	if !ok {
		s.Fatal("the program has no port")
	}
	if values, err := meters.ReadModbus(wire, unit, 3, 0, 10, longest); err != nil || len(values) != 10 {
		s.Fatalf("unit %d: %d registers: %v", unit, len(values), err)
	}
}

// check looks whether the modem is there, and lets a daemon that has it answer for it.
func TestCheckLooksForThePluggedInModem(t *testing.T) {
	t.Parallel()
	s := newSite(t, telephoned+gsm1)
	check := func(want string) {
		t.Helper()
		var out strings.Builder
		code := execute(t.Context(), []string{"check", "-c", s.file}, &out, &out)
		if code != exit.Done || strings.Contains(out.String(), "warning: [usb.gsm1]: ") != (want != "") || !strings.Contains(out.String(), want) {
			t.Errorf("check: exit code %d, want %q: %s", code, want, out.String())
		}
	}
	check("warning: [usb.gsm1]: the modem is not plugged in")
	stick := s.plugIn(&simulated.ATModem{}, simulated.Subscriber{})
	check("")
	stick.Unplug()
	s.plugged("absent")
	check("warning: [usb.gsm1]: absent: ")
}
