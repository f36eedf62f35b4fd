package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"meterline/relay/relaytest"
)

// The simulated modem of the command line has meters behind its numbers, which the daemon reads by telephone.
func TestSimulatedPluggedInModem(t *testing.T) {
	t.Parallel()
	s := newSite(t, telephoned+"protocol = \"modbus-rtu\"\n"+gsm1)
	s.background(func(ctx context.Context) error {
		args := []string{"sim", "--usb-modem", s.path("gsm1"), "--number", "+7 (918) 000-11-20", "--count", "3", "--log-level", "error"}
		if code := execute(ctx, args, io.Discard, s.Output()); code != exitDone {
			return fmt.Errorf("exit code %d", code)
		}
		return nil
	})
	s.run()
	s.plugged("ready")
	program := s.openSeen("ports/boiler")
	program.say("wanted")
	s.eventually("the modem is called", func() bool { return s.modem("boiler").Telephone == "gsm1" })
	wire, ok := program.conn.(*os.File)
	if !ok {
		t.Fatal("the program has no port")
	}
	if values, err := relaytest.ReadModbus(wire, 1, 3, 0, 10, longest); err != nil || len(values) != 10 {
		t.Errorf("%d registers: %v", len(values), err)
	}
	if out := s.must("status"); !strings.Contains(out, "telephone gsm1  "+farNumber) || !strings.Contains(out, "exchange gprs: not called in for ") {
		t.Errorf("status says %s", out)
	}
}

func TestSimulatedPluggedInModemIsRefused(t *testing.T) {
	for _, args := range [][]string{
		{"--usb-modem", "x"},
		{"--usb-modem", "x", "--number", "12a"},
		{"--usb-modem", "x", "--number", "112"},
		{"--usb-modem", "x", "--number", "98", "--count", "3"},
		{"--usb-modem", "x", "--number", "12", "--count", "0"},
		{"--usb-modem", "x", "--number", "12", "--meter", "gas"},
		{"--usb-modem", "x", "--call", "127.0.0.1:1"},
	} {
		var out strings.Builder
		if code := execute(t.Context(), append([]string{"sim"}, args...), &out, &out); code != exitUsage {
			t.Errorf("%q: exit code %d: %s", args, code, out.String())
		}
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
		if code != exitDone || strings.Contains(out.String(), "warning: [usb.gsm1]: ") != (want != "") || !strings.Contains(out.String(), want) {
			t.Errorf("check: exit code %d, want %q: %s", code, want, out.String())
		}
	}
	check("warning: [usb.gsm1]: the modem is not plugged in")
	stick := s.plugIn(&relaytest.ATModem{}, relaytest.Subscriber{})
	check("")
	stick.Unplug()
	s.plugged("absent")
	check("warning: [usb.gsm1]: absent: ")
}
