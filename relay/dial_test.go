package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// nobody is an address of this machine where nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func listener(t *testing.T, address string) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("%s: %v", address, err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// A modem that is called is greeted once a session, before anything else, also through a terminal server, which escapes FF.
func TestDialGreets(t *testing.T) {
	p := profile.Profile{Name: "x", Kind: profile.Declared, Greeting: tmpl("PSW={secret},L={login},")}
	for scheme, want := range map[string]string{"": "PSW=Sesam\xff!,L=me,", "rfc2217://": "PSW=Sesam\xff\xff!,L=me,"} {
		ln := listener(t, "127.0.0.1:0")
		d := &Dial{Addresses: []string{scheme + ln.Addr().String()}, Profile: p}
		for _, secret := range []string{"Sesam\xff!", "Sesam\xff!"} {
			d.SetCredentials(wire.Credentials{Login: wire.NewSecret("me"), Secret: wire.NewSecret(secret)})
			got := make(chan string, 1)
			go func() { got <- greetedWith(ln, scheme != "") }()
			s, err := d.Call(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Write([]byte("data")); err != nil {
				t.Error(err)
			}
			s.End(nil)
			if all := <-got; !strings.HasSuffix(all, want+"data") || strings.Count(all, "PSW=") != 1 {
				t.Errorf("%s got %q", scheme, all)
			}
		}
	}
}

// greetedWith returns all that the next caller sends. A terminal server refuses each option that is offered.
func greetedWith(ln net.Listener, telnet bool) string {
	conn, err := ln.Accept()
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	if telnet {
		_, _ = conn.Write([]byte("\xff\xf1"))
	}
	all, _ := io.ReadAll(conn)
	return string(all)
}

func TestDialFails(t *testing.T) {
	refused, bad := nobody(t), "host-without-a-port"
	d := &Dial{Addresses: []string{refused, bad}}
	_, err := d.Call(t.Context())
	if err == nil || !failedWith(err, syscall.ECONNREFUSED) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v", err)
	}
	first, second := strings.Index(err.Error(), refused), strings.Index(err.Error(), bad)
	if first < 0 || second < first {
		t.Errorf("the addresses are not named in order: %v", err)
	}
	told := d.Outcomes()
	if len(told) != 2 || told[0].Address != refused || !failedWith(told[0].Err, syscall.ECONNREFUSED) || told[1].Address != bad || told[1].Err == nil {
		t.Errorf("the outcomes are %v", told)
	}
	if _, err := (&Dial{}).Call(t.Context()); err == nil {
		t.Error("a line without an address got a session")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Call(ctx); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), bad) {
		t.Errorf("under an ended context: %v", err)
	}
	if again := d.Outcomes(); len(again) != 2 || again[0] != told[0] {
		t.Errorf("behind an attempt that was given up the outcomes are %v", again)
	}
}

func TestDialTriesInOrder(t *testing.T) {
	second, third := listener(t, "127.0.0.1:0"), listener(t, "127.0.0.1:0")
	d := &Dial{
		Addresses: []string{nobody(t), second.Addr().String(), third.Addr().String()},
		Profile:   profile.Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("LOG")}}},
	}
	for range 3 { // a dead first address costs each attempt only its refusal
		s, err := d.Call(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Peer() != second.Addr().String() || s.Line() != "dial "+d.Addresses[1] || s.codec == nil {
			t.Errorf("connected to %s by %s, stripper %v", s.Peer(), s.Line(), s.codec)
		}
		s.End(nil)
	}
	_ = second.Close()
	s, err := d.Call(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.End(nil)
	if s.Peer() != third.Addr().String() || d.String() != "dial "+strings.Join(d.Addresses, ", ") {
		t.Errorf("connected to %s by %s", s.Peer(), d)
	}
	told := d.Outcomes()
	if len(told) != 3 || told[0].Err == nil || told[1].Err == nil || told[2].Err != nil || told[2].Address != d.Addresses[2] {
		t.Errorf("the outcomes are %v", told)
	}
}

func TestDialNames(t *testing.T) {
	ln := listener(t, "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	s, err := (&Dial{Addresses: []string{"localhost:" + port}}).Call(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.End(nil)
	if s.Peer() != ln.Addr().String() {
		t.Errorf("connected to %s", s.Peer())
	}
}

func TestDialIPv6(t *testing.T) {
	ln := listener(t, "[::1]:0")
	s, err := (&Dial{Addresses: []string{ln.Addr().String()}}).Call(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.End(nil)
}
