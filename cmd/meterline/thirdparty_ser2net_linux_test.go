package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// ser2net starts one with a configuration, and waits until it listens.
func (s *site) ser2net(t *testing.T, port, config string) {
	t.Helper()
	file := s.path("ser2net" + port + ".yaml")
	if err := os.WriteFile(file, []byte("%YAML 1.1\n---\n"+strings.ReplaceAll(config, "HOST", s.host)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool(t, "ser2net", "ser2net"), "-n", "-c", file, "-P", s.path("ser2net"+port+".pid"))
	var out transcript
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill(cmd)
		if t.Failed() {
			t.Logf("ser2net: %s", out.String())
		}
	})
	s.eventually("ser2net listens", func() bool { return listens(s.host + port) })
}

// listens looks into the system's list: a connection would be a user's.
func listens(address string) bool {
	host, port, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host).To4()
	table, err := os.ReadFile("/proc/net/tcp")
	n, _ := net.LookupPort("tcp", port)
	return err == nil && strings.Contains(string(table), fmt.Sprintf(": %02X%02X%02X%02X:%04X 00000000:0000 0A ", ip[3], ip[2], ip[1], ip[0], n))
}

// ser2net is a client of the port, and gives it to others as raw TCP.
func TestSer2netAsClient(t *testing.T) {
	tool(t, "ser2net", "ser2net")
	t.Parallel()
	s := startNetworkSite(t)
	s.ser2net(t, ":3002", "connection: &meter\n  accepter: tcp,HOST,3002\n  connector: telnet(rfc2217),tcp,HOST,4002\n")
	for range 3 {
		c := s.connect(":3002")
		for range 5 {
			c.say(readOne)
			c.hear("\x01\x03\x02\x08\xFD\x7E\x05")
		}
		c.close()
		s.eventually("ser2net has left", func() bool { return !s.at(":4002").Open })
	}
}

// ser2net has the meter's serial port, a pseudo-terminal, which we dial.
func TestSer2netAsLine(t *testing.T) {
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
serial = "2400 8O2"
port = "ports/meter"
retry_min = "100ms"
[port.net]
listen = "rfc2217://HOST:4001"
modem = "meter"
`)
	s.ser2net(t, ":3001", "connection: &meter\n  accepter: telnet(rfc2217),tcp,HOST,3001\n  connector: serialdev,"+slave.Name()+",9600n81,local\n")
	s.run()
	s.eventually("the line is up", func() bool { return s.modem("meter").State == "up" })
	set, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS2)
	if err != nil {
		t.Fatal(err)
	}
	if set.Ospeed != 2400 || set.Cflag&unix.CSTOPB == 0 || set.Cflag&unix.PARODD == 0 {
		t.Errorf("the device is set to %d, flags %o", set.Ospeed, set.Cflag)
	}
	program := s.openSeen("ports/meter")
	every := string(randomBytes(5, 4096))
	program.say(every)
	if got := readAll(master, len(every)); got != every {
		t.Errorf("the meter hears %d bytes of %d in order", len(got), len(every))
	}
	if _, err := io.WriteString(master, every); err != nil {
		t.Fatal(err)
	}
	program.hear(every)
	s.eventually("its settings are told", func() bool { return s.modem("meter").Facts["settings"].Value == "2400 8O2" })
}

// readAll reads n bytes of a file that has no deadlines.
func readAll(f io.Reader, n int) string {
	got := make([]byte, n)
	m, _ := io.ReadFull(f, got) // what is missing shows
	return string(got[:m])
}
