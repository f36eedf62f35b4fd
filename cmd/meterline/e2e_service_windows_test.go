package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc/mgr"

	"meterline/cmd/meterline/exit"
)

// noService skips the test where the service manager cannot be had, or has a meterline that is not the test's.
func noService(t *testing.T) {
	t.Helper()
	m, err := mgr.Connect()
	if err != nil {
		t.Skipf("no service manager for this user: %v", err)
	}
	defer m.Disconnect()
	if s, err := m.OpenService("meterline"); err == nil {
		_ = s.Close() // nothing was asked of it
		t.Skip("a service meterline is installed here already")
	} else if !errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		t.Skipf("the service manager does not tell: %v", err)
	}
}

// TestWindowsService is the life of the service by the verbs of meterline.exe: a program reads a meter through its COM port
// while it runs, and the verbs talk to it.
func TestWindowsService(t *testing.T) {
	if os.Getenv("METERLINE_EXE") == "" {
		t.Skip("METERLINE_EXE does not say which program to install")
	}
	program, ours := comPair(t)
	noService(t)
	t.Setenv("ProgramData", t.TempDir())
	i := install(t, fmt.Sprintf(`
log_file = 'meterline.log'
state = 'state.json'
[exchange.gprs]
listen = "HOST:7001"
profile = "imei"
[modem.boiler]
exchange = "gprs"
id = "356938035643809"
port = %q
pair = %q
[sim.boiler]
meter = "modbus-rtu"
`, program, ours))
	i.says("is installed", "service", "install", "--account", "LocalSystem")
	there := true
	t.Cleanup(func() {
		if there {
			i.verb("service", "uninstall")
		}
	})
	i.verbSays("meterline runs", "service", "start")
	i.up("boiler")
	com := openCOM(t, program)
	for range 10 {
		i.reads(com)
	}
	i.says(program, "status")
	i.says("nothing has changed", "reload")
	i.verbSays("has stopped", "service", "stop")
	if code, out := i.meterline("status"); code != exit.Unreachable {
		t.Errorf("status of a service that was stopped: exit code %d: %s", code, out)
	}
	i.verbSays("is gone", "service", "uninstall")
	there = false
	log, err := os.ReadFile(filepath.Join(i.dir, "meterline.log"))
	if err != nil || !strings.Contains(string(log), "meterline has stopped") {
		t.Errorf("the service did not end in order: %v\n%s", err, log)
	}
}
