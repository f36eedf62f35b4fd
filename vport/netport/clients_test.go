package netport_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"meterline/vport"
	"meterline/vport/netport"
	"meterline/vport/rfc2217"
)

func TestWrongProtocol(t *testing.T) {
	t.Parallel()
	t.Run("a raw client at a Telnet port", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
		conn := b.raw()
		_, _ = conn.Write([]byte("\x01\x03\x00\x00\x00\x01\x84\x0A"))
		text, err := io.ReadAll(conn)
		if err != nil || !strings.Contains(string(text), "tcp:// here for raw bytes") {
			t.Errorf("the client reads %q, %v", text, err)
		}
		b.logged("does not speak Telnet")
		dialTelnet(t, b.at)
		b.expect("open true") // and nothing of the other one before it
	})
	t.Run("a flood at a Telnet port", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
		conn := b.raw()
		_, _ = conn.Write(make([]byte, 4000))
		_, _ = io.ReadAll(conn)
		b.logged("does not speak Telnet")
	})
	t.Run("a Telnet client at a raw port", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, vport.Spec{Address: "tcp://127.0.0.1:0"})
		conn := b.raw()
		_, _ = conn.Write(rfc2217.NewClient().Start(nil))
		if n, err := conn.Read(make([]byte, 10)); err == nil {
			t.Errorf("the client reads %d bytes", n)
		}
		b.logged("it speaks Telnet")
		b.expect("open true", "open false") // without a byte
	})
}

func TestWhoMayConnect(t *testing.T) {
	allow := netport.Networks([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.2/32")})
	b := newBench(t, vport.Spec{Address: "tcp://:0", Allow: allow})
	_, port, _ := net.SplitHostPort(b.at)
	b.at = "127.0.0.1:" + port
	if conn, err := net.Dial("tcp", b.at); err == nil { // else it was reset before Dial had returned
		defer conn.Close()
		if n, err := conn.Read(make([]byte, 10)); err == nil {
			t.Errorf("a client that may not connect reads %d bytes", n)
		}
	}
	b.logged("its address is not among those that may connect")
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	if conn, err := from.Dial("tcp", b.at); err == nil {
		defer conn.Close()
		b.expect("open true")
	} else {
		t.Logf("127.0.0.2: %v", err) // macOS has 127.0.0.1 alone
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	t.Run("a client that was cut off frees the port", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, vport.Spec{Address: "tcp://127.0.0.1:0"})
		for range 20 {
			conn := b.raw()
			b.expect("open true")
			_ = conn.SetLinger(0)
			_ = conn.Close()
			b.expect("open false")
		}
	})
	t.Run("it takes the place of the old one", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, vport.Spec{Address: "tcp://127.0.0.1:0", KickOld: true})
		old := b.raw()
		b.expect("open true")
		fresh := b.raw()
		b.expect("open false", "open true")
		if n, err := old.Read(make([]byte, 1)); err == nil {
			t.Errorf("the old one reads %d bytes", n)
		}
		_, _ = fresh.Write([]byte("x"))
		b.expect("x")
		b.logged("takes the place of another")
	})
	t.Run("it is told who has the port", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
		g := dialTelnet(t, b.at)
		b.expect("open true")
		text, err := io.ReadAll(b.raw())
		if err != nil || !strings.Contains(string(text), "it is in use by "+g.conn.LocalAddr().String()) {
			t.Errorf("the second client reads %q, %v", text, err)
		}
		b.logged("in_use_by=" + g.conn.LocalAddr().String())
	})
	t.Run("it waits for the one that is going", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, vport.Spec{Address: "tcp://127.0.0.1:0"})
		old := b.raw()
		b.expect("open true")
		fresh := b.raw()
		_, _ = fresh.Write([]byte("2"))
		_, _ = old.Write([]byte("1"))
		_ = old.Close()
		b.expect("1", "open false", "open true", "2")
	})
}

func TestNetRefused(t *testing.T) {
	for _, spec := range []vport.Spec{
		{Address: "tcp://"}, {Address: "tcp://127.0.0.1"}, {Address: "rfc2217://127.0.0.1:"}, {Address: "tcp://127.0.0.1:0", Allow: "10.0.0.1"},
	} {
		if p, err := kinds(nil).Open(spec, nil); err == nil {
			_ = p.Close()
			t.Errorf("%+v is a port", spec)
		}
	}
	b := newBench(t, vport.Spec{Address: "tcp://127.0.0.1:0"})
	for _, address := range []string{"tcp://" + b.at, "rfc2217://" + b.at} {
		if err := kinds(nil).Check(vport.Spec{Address: address}); !errors.Is(err, vport.ErrInUse) {
			t.Errorf("%s: %v, want ErrInUse", address, err)
		}
	}
}
