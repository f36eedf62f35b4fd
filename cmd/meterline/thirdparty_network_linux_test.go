package main

import (
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"meterline/bridge/status"
	"meterline/vport/rfc2217"
)

// networkSite has a simulated meter behind ports over the network.
const networkSite = `
[exchange.gprs]
listen = "HOST:7001"
profile = "imei"
[modem.meter]
exchange = "gprs"
id = "356938035643809"
port = "tcp://HOST:4001"
[port.full]
listen = "rfc2217://HOST:4002"
modem = "meter"
[port.others]
listen = "tcp://HOST:4003"
modem = "meter"
allow = ["192.0.2.0/24"]
[port.kick]
listen = "tcp://HOST:4004"
modem = "meter"
kick_old = true
[sim.meter]
meter = "modbus-rtu"
`

func startNetworkSite(t *testing.T) *site {
	t.Helper()
	s := startSite(t, networkSite)
	s.eventually("the meter is on line", func() bool { return s.modem("meter").State == "up" })
	return s
}

// at is the status of a port over the network.
func (s *site) at(address string) status.Port {
	s.Helper()
	for _, p := range s.status().Ports {
		if strings.HasSuffix(p.Path, "://"+s.host+address) {
			return p
		}
	}
	s.Fatalf("status has no port %s", address)
	return status.Port{}
}

// connect is a client of a port over the network.
func (s *site) connect(address string) *party {
	s.Helper()
	conn, err := net.Dial("tcp", s.host+address)
	if err != nil {
		s.Fatal(err)
	}
	return newParty(s, "client of "+address, conn)
}

const readOne = "\x01\x03\x00\x00\x00\x01\x84\x0A"

// pySerial returns a Python that has it, or skips the test. It is Debian's own, which has its packages.
func pySerial(t *testing.T) string {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import serial").Run(); err != nil {
		t.Skipf("pySerial is not installed (%v); on Debian it is in the package python3-serial", err)
	}
	return python
}

func TestPySerialOverTheNetwork(t *testing.T) {
	python := pySerial(t)
	t.Parallel()
	for _, c := range []struct {
		url   string
		wrong bool // the port does not speak that
	}{
		{"socket://HOST:4001", false},
		{"rfc2217://HOST:4002", false},
		{"rfc2217://HOST:4002?poll_modem", false},
		{"socket://HOST:4002", true},
		{"rfc2217://HOST:4001", true},
	} {
		t.Run(c.url, func(t *testing.T) {
			t.Parallel()
			s := startNetworkSite(t)
			args := []string{"testdata/thirdparty/rfc2217.py", strings.Replace(c.url, "HOST", s.host, 1)}
			if !c.wrong {
				s.program(python, args...)
			} else if out, err := exec.CommandContext(t.Context(), python, args...).CombinedOutput(); err == nil {
				t.Errorf("it reads the meter:\n%s", out)
			}
		})
	}
}

func TestNetworkClients(t *testing.T) {
	t.Parallel()
	s := startNetworkSite(t)
	t.Run("one at a time", func(t *testing.T) {
		first := s.connect(":4001")
		first.say(readOne)
		first.hear("\x01\x03\x02\x08\xFD\x7E\x05")
		if p := s.at(":4001"); len(p.OpenedBy) != 1 || p.OpenedBy[0].Name != first.local() {
			t.Errorf("the port is opened by %v, want %s", p.OpenedBy, first.local())
		}
		s.connect(":4001").end()
		first.say(readOne)
		first.hear("\x01\x03\x02\x08\xFD\x7E\x05")
		if out := s.must("status"); !strings.Contains(out, first.local()) {
			t.Errorf("status does not name %s:\n%s", first.local(), out)
		}
		first.close()
	})
	t.Run("one that was cut off frees the port", func(t *testing.T) {
		s.eventually("the port is free", func() bool { return !s.at(":4001").Open })
		for range 5 {
			c := s.connect(":4001")
			c.say(readOne)
			c.hear("\x01\x03\x02\x08\xFD\x7E\x05")
			_ = c.tcp().SetLinger(0)
			c.close()
		}
	})
	t.Run("a newer one takes the place", func(t *testing.T) {
		old := s.connect(":4004")
		s.eventually("it is noticed", func() bool { return s.at(":4004").Open })
		fresh := s.connect(":4004")
		old.end()
		s.eventually("it is the newer one's", func() bool {
			p := s.at(":4004").OpenedBy
			return len(p) == 1 && p[0].Name == fresh.local()
		})
	})
	t.Run("strangers are refused", func(t *testing.T) {
		if conn, err := net.Dial("tcp", s.host+":4003"); err == nil {
			newParty(s, "stranger", conn).end()
		}
		if p := s.at(":4003"); p.Opens > 0 {
			t.Errorf("a stranger has opened the port: %+v", p)
		}
	})
	t.Run("a raw client at a Telnet port", func(t *testing.T) {
		c := s.connect(":4002")
		c.say(readOne)
		_ = c.conn.SetReadDeadline(time.Now().Add(longest))
		text, err := io.ReadAll(c.conn)
		if err != nil || !strings.Contains(string(text), "does not speak Telnet") {
			t.Errorf("it hears %q, %v", text, err)
		}
		if p := s.at(":4002"); p.FromDTE > 0 {
			t.Errorf("%d of its bytes are the meter's", p.FromDTE)
		}
	})
	t.Run("a Telnet client at a raw port", func(t *testing.T) {
		s.eventually("the port is free", func() bool { return !s.at(":4001").Open })
		before := s.at(":4001").FromDTE
		c := s.connect(":4001")
		c.say(string(rfc2217.NewClient().Start(nil)))
		c.end()
		if p := s.at(":4001"); p.FromDTE > before {
			t.Errorf("%d of its bytes are the meter's", p.FromDTE-before)
		}
	})
	t.Run("a daemon that ends lets go of its clients", func(t *testing.T) {
		c := s.connect(":4001")
		s.eventually("it is noticed", func() bool { return s.at(":4001").Open })
		s.stop()
		c.end()
	})
}
