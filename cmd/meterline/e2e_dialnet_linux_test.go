package main

import (
	"net"
	"strings"
	"testing"
	"time"

	"meterline/cmd/meterline/exit"
)

func TestDialFromTheNetwork(t *testing.T) {
	t.Parallel()
	s := startSite(t, oneModem+`
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
	modem := s.online("boiler", siteID)
	pause := time.Second.String() // as it is usually
	for _, port := range []string{"tcp://" + s.host + ":4021", "rfc2217://" + s.host + ":4022", "raw", "telnet"} {
		done := make(chan string, 1)
		go func() {
			code, out := s.meterline("dial", port, "12", "--hex", "41 FF 42", "--pause", pause)
			done <- string(rune('0'+code)) + out
		}()
		modem.hear("\x41\xFF\x42")
		modem.say("\xFF\r\x00!")
		out := <-done
		if out[0] != '0' || !strings.Contains(out, "ff 0d 00 21") || !strings.Contains(out, "4 bytes came back") || !strings.Contains(out, "hung up") {
			t.Errorf("dial %s: exit code and output %s", port, out)
		}
		pause = "200ms"
	}
	for args, want := range map[string]string{
		"rfc2217://" + s.host + ":4021 12": "we were refused (it may be a tcp:// port",
		"tcp://" + s.host + ":4099 12":     "is the daemon running",
		"tcp://4021 12":                    "write host:port behind the scheme",
		"udp://127.0.0.1:4021 12":          "write a path, tcp://host:port or rfc2217://host:port",
	} {
		code, out := s.meterline(append([]string{"dial"}, strings.Fields(args)...)...)
		if code == exit.Done || !strings.Contains(out, want) {
			t.Errorf("dial %s: exit code %d: %s", args, code, out)
		}
	}
	t.Run("one that does not speak Telnet", func(t *testing.T) {
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
		code, out := s.meterline("dial", "rfc2217://"+ln.Addr().String(), "12")
		if code == exit.Done || !strings.Contains(out, "does not speak Telnet") {
			t.Errorf("exit code %d: %s", code, out)
		}
		<-answered
	})
}
