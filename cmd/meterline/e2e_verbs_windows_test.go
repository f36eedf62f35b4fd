package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"meterline/cmd/meterline/exit"
)

// breakOff ends the daemon as Ctrl-Break in its console does, and waits for its end.
func (i *installation) breakOff() {
	i.Helper()
	err := windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(i.daemon.Process.Pid))
	if underWine() { // which has implemented this for its own console program alone, but makes Ctrl-C of a signal
		err = i.interrupt()
	}
	if err != nil {
		i.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- i.daemon.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			i.Errorf("the daemon ends with: %v", err)
		}
	case <-time.After(20 * time.Second):
		i.Fatal("the console does not end the daemon")
	}
	if log := i.log.String(); !strings.Contains(log, "meterline has stopped") {
		i.Errorf("the end was not in order:\n%s", log)
	}
}

func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// interrupt sends SIGINT to the daemon's process of the system below Wine.
func (i *installation) interrupt() error {
	lines, err := filepath.Glob(`Z:\proc\[0-9]*\cmdline`)
	if err != nil {
		return err
	}
	for _, line := range lines {
		text, err := os.ReadFile(line)
		if err == nil && bytes.Contains(text, []byte("run\x00-c\x00"+i.file)) {
			kill, err := os.StartProcess(`Z:\bin\kill`, []string{"kill", "-INT", filepath.Base(filepath.Dir(line))}, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
			if err == nil {
				err = kill.Release()
			}
			return err
		}
	}
	return errors.New("the daemon is no process of the system below Wine")
}

// The verbs talk to the daemon, which ends in order.
func TestWindowsVerbs(t *testing.T) {
	const one = `
[exchange.gprs]
listen = "HOST:7001"
profile = "imei"
[modem.boiler]
exchange = "gprs"
id = "356938035643809"
port = "tcp://HOST:7002"
[sim.boiler]
meter = "modbus-rtu"
`
	i := install(t, one)
	i.says("no faults; 1 port, 1 modem, 1 exchange", "check")
	if code, out := i.meterline("status"); code != exit.Unreachable {
		t.Errorf("status without a daemon: exit code %d: %s", code, out)
	}
	i.run()
	i.up("boiler")
	i.says("boiler (SIMULATED)", "status")
	i.says("all is well", "status", "--problems")
	i.says("modem boiler (SIMULATED)", "show", "boiler")
	i.says("a daemon answers", "check")
	i.says("unit 1 answers: ", "probe", "boiler", "--modbus", "1:0:2", "--pause", "100ms")
	i.says("kicked boiler", "kick", "boiler")
	i.must("unknown")
	i.must("usb")
	if code, out := i.meterline("run"); code != exit.Failed || !strings.Contains(out, "another daemon answers") {
		t.Errorf("a second daemon: exit code %d: %s", code, out)
	}

	i.configure(one + "[modem.pump]\nfrob = 1\n")
	if code, out := i.meterline("reload"); code != exit.Usage || !strings.Contains(out, "frob") {
		t.Errorf("reload of a faulty file: exit code %d: %s", code, out)
	}
	i.configure(one + "[modem.pump]\ndial = \"HOST:7009\"\nport = \"rfc2217://HOST:7003\"\n")
	i.says("added", "reload")
	i.says("7003", "status", "pump")
	if code, out := i.meterline("status", "--problems"); code != exit.Failed || !strings.Contains(out, "pump") {
		t.Errorf("a modem that cannot be reached: exit code %d: %s", code, out)
	}
	i.up("boiler")
	i.reads(i.dial("7002"))

	i.breakOff()
	if code, out := i.meterline("status"); code != exit.Unreachable {
		t.Errorf("status after the end: exit code %d: %s", code, out)
	}
}
