package main

import (
	"net"
	"strings"
	"sync"
	"testing"

	"meterline/cmd/meterline/exit"
)

func TestDialFromTheNetwork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ port, pause string }{
		{"tcp://HOST:4021", "1s"}, // as it is usually
		{"rfc2217://HOST:4022", "200ms"},
		{"raw", "200ms"},
		{"telnet", "200ms"},
	} {
		t.Run(c.port, func(t *testing.T) {
			t.Parallel()
			s := networkPhones(t)
			modem := s.online("boiler", siteID)
			port := strings.Replace(c.port, "HOST", s.host, 1)
			var dialling sync.WaitGroup
			dialling.Go(func() {
				s.dials(exit.Done, port+" 12 --hex 41FF42 --pause "+c.pause, "ff 0d 00 21", "4 bytes came back", "hung up")
			})
			defer dialling.Wait()
			modem.hear("\x41\xFF\x42")
			modem.say("\xFF\r\x00!")
		})
	}
	t.Run("faults", func(t *testing.T) {
		t.Parallel()
		s := networkPhones(t)
		s.online("boiler", siteID)
		s.dials(exit.Failed, "rfc2217://"+s.host+":4021 12", "we were refused (it may be a tcp:// port")
		s.dials(exit.Failed, "tcp://"+s.host+":4099 12", "is the daemon running")
		s.dials(exit.Usage, "tcp://4021 12", "write host:port behind the scheme")
		s.dials(exit.Usage, "udp://127.0.0.1:4021 12", "write a path, tcp://host:port or rfc2217://host:port")
	})
	t.Run("one that does not speak Telnet", func(t *testing.T) {
		t.Parallel()
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			if conn, err := ln.Accept(); err == nil {
				defer conn.Close()
				_, _ = conn.Write([]byte("hello"))
				_, _ = conn.Read(make([]byte, 1024))
				_, _ = conn.Read(make([]byte, 1))
			}
		}()
		newSite(t, oneModem).dials(exit.Failed, "rfc2217://"+ln.Addr().String()+" 12", "does not speak Telnet")
		<-answered
	})
}

// networkPhones is a site whose modem is dialled at ports over the network.
func networkPhones(t *testing.T) *site {
	t.Helper()
	return startSite(t, oneModem+`
number = "12"
[port.raw]
listen = "tcp://HOST:4021"
dialup = true
connect_delay = "300ms"
[port.telnet]
listen = "rfc2217://HOST:4022"
dialup = true
connect_delay = "300ms"
`)
}
