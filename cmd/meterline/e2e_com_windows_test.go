package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"meterline/cmd/meterline/dialer"
	"meterline/cmd/meterline/exit"
)

// TestWindowsCOMPort has a program open its COM port and read the meter, again and again, as one does that closes the port
// between readings. Two wires of Wine stand in for a null-modem pair.
func TestWindowsCOMPort(t *testing.T) {
	program, ours := comPair(t)
	i := install(t, fmt.Sprintf(`
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
	i.run()
	i.up("boiler")
	for range 5 {
		com := openCOM(t, program)
		for range 10 {
			i.reads(com)
		}
		if err := com.Close(); err != nil {
			t.Fatal(err)
		}
	}
	i.says(program, "status", "boiler")
	if code, out := i.meterline("dial", program, "12"); code != exit.Failed || !strings.Contains(out, "leased to modem boiler") {
		t.Errorf("dial from a leased port: exit code %d: %s", code, out)
	}
}

// TestWindowsDialling has a program dial the modem from its COM port.
func TestWindowsDialling(t *testing.T) {
	program, ours := comPair(t)
	i := install(t, fmt.Sprintf(`
[exchange.gprs]
listen = "HOST:7001"
profile = "imei"
[modem.boiler]
exchange = "gprs"
id = "356938035643809"
number = "+79180001122"
[port.phones]
dialup = true
path = %q
pair = %q
[modem.echo]
exchange = "gprs"
id = "356938035643817"
[sim.boiler]
meter = "modbus-rtu"
[sim.echo]
`, program, ours))
	i.run()
	i.up("boiler")
	i.up("echo")
	for range 2 {
		i.says("unit 1 answers: ", "dial", strings.ToLower(program), "+79180001122", "--modbus", "1:0:2", "--pause", "100ms")
	}
	if code, out := i.meterline("dial", program, "+79180009999"); code != exit.Failed || !strings.Contains(out, "NO CARRIER") {
		t.Errorf("a number that nobody has: exit code %d: %s", code, out)
	}

	// Whoever has standard input open for ever does not keep the call.
	in, keeper, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Close()
	defer in.Close()
	if _, err := keeper.WriteString("to be given back"); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), i.exe, "dial", program, "echo", "--for", "5s", "-c", i.file)
	var said bytes.Buffer
	command.Stdin, command.Stderr = in, &said
	if out, err := command.Output(); err != nil || !strings.Contains(string(out), "to be given back") {
		t.Errorf("what was sent comes back as %q, %v; %s", out, err, &said)
	}
}

// comPair are the names of a pair of COM ports that the environment lends: the program's end, and ours.
func comPair(t *testing.T) (program, ours string) {
	t.Helper()
	program, ours, both := strings.Cut(os.Getenv("METERLINE_COM_PAIR"), ",")
	if !both {
		t.Skip("METERLINE_COM_PAIR names no pair of COM ports, like COM15,COM115")
	}
	return program, ours
}

// openCOM opens a COM port until the test ends.
func openCOM(t *testing.T, name string) dialer.Port {
	t.Helper()
	f, err := dialer.OpenSerial(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}
