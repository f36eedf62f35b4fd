package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// What a program sets at a pseudo-terminal is set at a far terminal server, in order with the bytes.
func TestPtySettingsReachTheFarPort(t *testing.T) {
	python := pySerial(t)
	t.Parallel()
	host := ownHost()
	far := startFarSerial(t, host+":7005")
	s := startSite(t, `
[modem.boiler]
dial = "rfc2217://`+host+`:7005"
serial = "2400 7E1"
port = "ports/boiler"
`)
	s.eventually("the terminal server is reached", func() bool { return s.modem("boiler").State == "up" })
	port := s.path("ports/boiler")
	s.program(python, "-c", `
import os, sys
f = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
os.write(f, b"unset")
got = b""
while len(got) < 5:
    got += os.read(f, 5)
`, port)
	s.eventually("the program has left", func() bool { return !s.port("ports/boiler").Open })
	s.program(python, "-c", `
import serial, sys
s = serial.Serial(sys.argv[1], baudrate=300, bytesize=7, parity="E", stopbits=1, timeout=10)
s.write(b"/?!\r\n")
assert s.read(5) == b"/?!\r\n", "the far end is silent"
s.write(b"\x06050\r\n")
s.flush()
s.baudrate = 9600
assert s.read(6) == b"\x06050\r\n", "the far end is silent"
s.write(b"fast")
assert s.read(4) == b"fast", "the far end is silent"
s.close()
`, port)
	s.eventually("the program has left", func() bool { return !s.port("ports/boiler").Open })
	s.program(python, "-c", `
import os, sys
f = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
os.write(f, b"again")
got = b""
while len(got) < 5: # the program before has left the port not to wait for bytes
    got += os.read(f, 5)
`, port)
	want := "2400 7E1 | unset | 300 7E1 | /?!\r\n | \x06050\r\n | 9600 7E1 | fast | 2400 7E1 | again"
	if got := far.all(); !strings.HasSuffix(got, want) {
		t.Errorf("the far port was told: %q", got)
	}
}

// Mode C of IEC 62056-21 through ser2net: the device hears the acknowledgement at 300 and goes to 9600 behind it.
func TestModeCThroughSer2net(t *testing.T) {
	tool(t, "ser2net", "ser2net")
	t.Parallel()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	defer master.Close()
	defer slave.Close()
	s := newSite(t, `
[modem.meter]
dial = "rfc2217://HOST:3001"
serial = "2400 7E1"
port = "ports/meter"
retry_min = "100ms"
`)
	s.ser2net(t, ":3001", "connection: &meter\n  accepter: telnet(rfc2217),tcp,HOST,3001\n  connector: serialdev,"+slave.Name()+",9600n81,local\n")
	s.run()
	s.eventually("the line is up", func() bool { return s.modem("meter").State == "up" })
	wantSpeed := func(when string, want uint32) {
		t.Helper()
		set, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS2)
		if err != nil {
			t.Fatal(err)
		}
		if set.Ospeed != want {
			t.Errorf("%s the device is set to %d, want %d", when, set.Ospeed, want)
		}
	}
	program := s.openSeen("ports/meter")
	setSpeed(t, program, 300)
	for range 3 {
		program.say("/?!\r\n")
		readAll(master, 5)
		wantSpeed("at the sign-on", 300)
		if _, err := master.WriteString("/MTL5SIM\r\n"); err != nil {
			t.Fatal(err)
		}
		program.hear("/MTL5SIM\r\n")
		said := time.Now()
		program.say("\x06050\r\n")
		setSpeed(t, program, 9600)
		if got := readAll(master, 6); got != "\x06050\r\n" {
			t.Fatalf("the device hears %q", got)
		}
		if time.Since(said) < 200*time.Millisecond { // what it takes to send at 300, and the speed must not change before
			wantSpeed("at the acknowledgement", 300)
		}
		s.eventually("the device goes to 9600", func() bool {
			set, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS2)
			return err == nil && set.Ospeed == 9600
		})
		if _, err := master.WriteString("data"); err != nil {
			t.Fatal(err)
		}
		program.hear("data")
		program.say("\x01B0\x03q")
		setSpeed(t, program, 300) // and then at once the next sign-on
		if got := readAll(master, 5); got != "\x01B0\x03q" {
			t.Fatalf("the device hears %q", got)
		}
	}
}

// setSpeed does what tcsetattr does.
func setSpeed(t *testing.T, program *party, speed uint32) {
	t.Helper()
	conn, err := program.conn.(*os.File).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	cerr := conn.Control(func(fd uintptr) {
		var set *unix.Termios
		if set, err = unix.IoctlGetTermios(int(fd), unix.TCGETS2); err == nil {
			set.Cflag = set.Cflag&^unix.CBAUD | unix.BOTHER | unix.CLOCAL
			set.Ispeed, set.Ospeed = speed, speed
			err = unix.IoctlSetTermios(int(fd), unix.TCSETS2, set)
		}
	})
	if cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
}

// A thousand switches of mode C, at ten ports at once, without a pause of the program's.
func TestModeCSwitches(t *testing.T) {
	t.Parallel()
	const ports, switches = 10, 100
	host := ownHost()
	var text strings.Builder
	var fars [ports]*farSerial
	for i := range ports {
		at := fmt.Sprintf("%s:%d", host, 7101+i)
		fars[i] = startFarSerial(t, at)
		fmt.Fprintf(&text, "[modem.m%d]\ndial = \"rfc2217://%s\"\nserial = \"57600 8N1\"\nport = \"ports/m%d\"\n", i, at, i)
	}
	s := startSite(t, text.String())
	var running sync.WaitGroup
	for i, far := range fars {
		name := fmt.Sprintf("m%d", i)
		s.eventually(name+" is reached", func() bool { return s.modem(name).State == "up" })
		program := s.openSeen("ports/" + name)
		running.Go(func() {
			for n := range switches {
				setSpeed(t, program, 38400)
				program.say("/?!\r\n")
				program.hear("/?!\r\n")
				program.say("\x06050\r\n")
				setSpeed(t, program, 115200)
				program.hear("\x06050\r\n")
				want := "38400 8N1 | /?!\r\n | \x06050\r\n | 115200 8N1"
				s.eventually(fmt.Sprintf("switch %d of %s", n, name), func() bool { return strings.HasSuffix(far.all(), want) })
			}
		})
	}
	running.Wait()
	for i, far := range fars {
		want := strings.Repeat(" | 38400 8N1 | /?!\r\n | \x06050\r\n | 115200 8N1", switches)
		if got := far.all(); !strings.HasSuffix(got, "57600 8N1"+want) {
			t.Errorf("far port %d was told: %.300q", i, got)
		}
	}
}

// Whoever takes the modem finds the far port as it has set its own, though another had the modem then.
func TestLeaseSetsTheFarPort(t *testing.T) {
	t.Parallel()
	host := ownHost()
	far := startFarSerial(t, host+":7005")
	s := startSite(t, `
[modem.boiler]
dial = "rfc2217://`+host+`:7005"
serial = "2400 7E1"
port = "ports/boiler"
[port.second]
path = "ports/second"
modem = "boiler"
`)
	s.eventually("the terminal server is reached", func() bool { return s.modem("boiler").State == "up" })
	one, two := s.openSeen("ports/boiler"), s.openSeen("ports/second")
	setSpeed(t, one, 300)
	one.say("one")
	one.hear("one")
	setSpeed(t, two, 1200)
	two.say("dropped")
	s.eventually("its bytes are dropped", func() bool { return len(s.port("ports/second").Dropped) > 0 })
	one.close()
	s.eventually("the first program has left", func() bool { return !s.port("ports/boiler").Open })
	two.say("two")
	two.hear("two")
	if got, want := far.all(), "300 7E1 | one | 1200 7E1 | two"; !strings.HasSuffix(got, want) {
		t.Errorf("the far port was told: %q", got)
	}
}
