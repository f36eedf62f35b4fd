package vport_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/vport"
	"meterline/vport/rfc2217"
)

// soon is how long these tests wait for what has to come.
const soon = 20 * time.Second

// netBench is a network port at work, with all that comes out of it in order.
type netBench struct {
	*testing.T
	port vport.Port
	at   string
	told chan string
	log  *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newNetBench(t *testing.T, spec vport.Spec) *netBench {
	t.Helper()
	b := &netBench{T: t, told: make(chan string, 1000), log: new(lockedBuffer)}
	w := vport.NewWatcher(slog.New(slog.NewTextHandler(b.log, nil)))
	var err error
	if b.port, err = vport.Open(spec, w, func(open bool) { b.told <- fmt.Sprint("open ", open) }); err != nil {
		t.Fatal(err)
	}
	if s, ok := b.port.(vport.Signaller); ok {
		s.SetSignal(func(s vport.Signal) { b.told <- describeSignal(s) })
	}
	b.at = b.port.(interface{ Addr() net.Addr }).Addr().String()
	var receiving sync.WaitGroup
	receiving.Go(func() {
		if err := b.port.Receive(func(p []byte) bool {
			for _, c := range p {
				b.told <- string([]byte{c})
			}
			return true
		}); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Receive: %v", err)
		}
	})
	t.Cleanup(func() {
		if err := b.port.Close(); err != nil {
			t.Error(err)
		}
		receiving.Wait()
	})
	return b
}

func describeSignal(s vport.Signal) string {
	switch s.Kind {
	case vport.SignalSettings:
		return s.Settings.String()
	case vport.SignalPurge:
		return fmt.Sprint("purge ", s.Received, s.ToSend)
	}
	return fmt.Sprint(s.Kind, " ", s.On)
}

func (b *netBench) expect(want ...string) {
	b.Helper()
	for _, w := range want {
		select {
		case got := <-b.told:
			if got != w {
				b.Fatalf("%q, want %q", got, w)
			}
		case <-time.After(soon):
			b.Fatalf("%q has not come; the log is\n%s", w, b.log)
		}
	}
}

func (b *netBench) logged(want string) {
	b.Helper()
	for end := time.Now().Add(soon); !strings.Contains(b.log.String(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("the log has no %q:\n%s", want, b.log)
		}
	}
}

// raw connects without a word.
func (b *netBench) raw() *net.TCPConn {
	b.Helper()
	conn, err := net.Dial("tcp", b.at)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(soon))
	return conn.(*net.TCPConn)
}

func TestSignalsInOrder(t *testing.T) {
	b := newNetBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
	g := dialTelnet(t, b.at)
	b.expect("open true")
	g.do(func(dst []byte) []byte {
		dst = g.client.AppendSettings(dst, vport.Settings{Speed: 300, DataBits: 7, Parity: rfc2217.ParityEven, StopBits: rfc2217.StopOne})
		dst = g.client.AppendPurge(dst, rfc2217.PurgeReceived)
		dst = g.client.AppendData(dst, []byte("a\xFF\r"))
		dst = g.client.AppendSettings(dst, vport.Settings{Speed: 9600})
		dst = g.client.AppendData(dst, []byte("b"))
		dst = g.client.AppendBreak(dst, rfc2217.BreakOn)
		dst = g.client.AppendBreak(dst, rfc2217.BreakOff)
		dst = g.client.AppendBreak(dst, rfc2217.BreakShort)
		dst = g.client.AppendDTR(dst, false)
		dst = g.client.AppendRTS(dst, true)
		return g.client.AppendData(dst, []byte("c"))
	})
	b.expect("300 ???", "300 7??", "300 7E?", "300 7E1", "purge true false", "a", "\xFF", "\r", "9600 7E1", "b",
		"break true", "break false", "short break false", "DTR false", "RTS true", "c")
	if s := b.port.(vport.Signaller).Settings(); s.String() != "9600 7E1" {
		t.Errorf("the port has %v", s)
	}
	if p := b.port.(vport.Visited).Programs(); len(p) != 1 || p[0].Name != g.conn.LocalAddr().String() {
		t.Errorf("the port is open by %v", p)
	}
	_ = g.Close()
	b.expect("open false")
	if s := b.port.(vport.Signaller).Settings(); s != (vport.Settings{}) {
		t.Errorf("settings %v are left of a program that has gone", s)
	}
	if p := b.port.(vport.Visited).Programs(); len(p) != 0 {
		t.Errorf("the port is open by %v", p)
	}
}

func TestCarrier(t *testing.T) {
	b := newNetBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
	lines := b.port.(vport.ModemLines)
	lines.SetCarrier(true) // before anybody is there
	g := dialTelnet(t, b.at)
	b.expect("open true")
	last := func(want int) {
		t.Helper()
		for end := time.Now().Add(soon); ; time.Sleep(time.Millisecond) {
			g.mu.Lock()
			var states []int
			for _, e := range g.events {
				if e.Kind == rfc2217.ModemState {
					states = append(states, e.Value&0xF0)
				}
			}
			g.mu.Unlock()
			if len(states) > 0 && states[len(states)-1] == want {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("states % X, want %X at the end", states, want)
			}
		}
	}
	var buf [1]byte
	go func() { _, _ = g.Read(buf[:]) }() // ends when the port is closed
	last(rfc2217.CTS | rfc2217.DSR | rfc2217.CD)
	lines.SetCarrier(false)
	last(rfc2217.CTS | rfc2217.DSR)
	lines.SetRing(true)
	last(rfc2217.CTS | rfc2217.DSR | rfc2217.RI)
	lines.SetRing(false)
	last(rfc2217.CTS | rfc2217.DSR)
}

func TestSuspend(t *testing.T) {
	b := newNetBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
	g := dialTelnet(t, b.at)
	b.expect("open true")
	flow := func(command byte) func([]byte) []byte {
		return func(dst []byte) []byte { return append(dst, 0xFF, 0xFA, 44, command, 0xFF, 0xF0, 'x') }
	}
	g.do(flow(8))
	b.expect("x")
	_ = b.port.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := b.port.Write([]byte("no")); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a write against the client's will: %d, %v", n, err)
	}
	_ = b.port.SetWriteDeadline(time.Time{})
	g.do(flow(9))
	if n, err := b.port.Write([]byte("yes")); n != 3 || err != nil {
		t.Errorf("write: %d, %v", n, err)
	}
	got := make([]byte, 3)
	if _, err := io.ReadFull(g, got); err != nil || string(got) != "yes" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWrongProtocol(t *testing.T) {
	t.Parallel()
	t.Run("a raw client at a Telnet port", func(t *testing.T) {
		t.Parallel()
		b := newNetBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
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
		b := newNetBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
		conn := b.raw()
		_, _ = conn.Write(make([]byte, 4000))
		_, _ = io.ReadAll(conn)
		b.logged("does not speak Telnet")
	})
	t.Run("a Telnet client at a raw port", func(t *testing.T) {
		t.Parallel()
		b := newNetBench(t, vport.Spec{Address: "tcp://127.0.0.1:0"})
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
	allow := vport.Networks([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.2/32")})
	b := newNetBench(t, vport.Spec{Address: "tcp://:0", Allow: allow})
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
		b := newNetBench(t, vport.Spec{Address: "tcp://127.0.0.1:0"})
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
		b := newNetBench(t, vport.Spec{Address: "tcp://127.0.0.1:0", KickOld: true})
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
		b := newNetBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
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
		b := newNetBench(t, vport.Spec{Address: "tcp://127.0.0.1:0"})
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
		if p, err := vport.Open(spec, nil, nil); err == nil {
			_ = p.Close()
			t.Errorf("%+v is a port", spec)
		}
	}
	b := newNetBench(t, vport.Spec{Address: "tcp://127.0.0.1:0"})
	for _, address := range []string{"tcp://" + b.at, "rfc2217://" + b.at} {
		if err := vport.CheckPath(vport.Spec{Address: address}); !errors.Is(err, vport.ErrInUse) {
			t.Errorf("%s: %v, want ErrInUse", address, err)
		}
	}
}

// Bytes with IACs arrive whole however writes are cut by deadlines.
func TestCutWrites(t *testing.T) {
	b := newNetBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
	g := dialTelnet(t, b.at)
	b.expect("open true")
	all := slices.Repeat([]byte{0xFF, '\r', 0, 0xFF, 'x'}, 100_000)
	var got []byte
	var reading sync.WaitGroup
	reading.Go(func() {
		for buf := make([]byte, 8192); len(got) < len(all); {
			n, err := g.Read(buf)
			if err != nil {
				t.Error(err)
				return
			}
			got = append(got, buf[:n]...)
		}
	})
	cuts := 0
	for sent := 0; sent < len(all); {
		_ = b.port.SetWriteDeadline(time.Now().Add(50 * time.Microsecond))
		n, err := b.port.Write(all[sent:])
		if sent += n; err != nil {
			if cuts++; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
		}
	}
	reading.Wait()
	if !bytes.Equal(got, all) {
		t.Errorf("%d bytes have arrived in disorder after %d cuts", len(got), cuts)
	}
}
