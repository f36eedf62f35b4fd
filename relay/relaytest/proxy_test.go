package relaytest

import (
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"meterline/relay/simulated"
	"meterline/relay/simulated/netem"
)

// through makes a proxy in front of an echo, and a connection through it.
func through(t *testing.T) (*Proxy, *net.TCPConn) {
	t.Helper()
	l := Listen(t)
	Start(t, (&simulated.Modem{Listener: l}).Run)
	p, err := ListenProxy(t.Context(), "127.0.0.1:0", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	Start(t, p.Run)
	conn := Dial(t, p.Addr())
	echo(t, conn, "here?") // joined
	return p, conn
}

func echo(t *testing.T, conn net.Conn, s string) {
	t.Helper()
	if _, err := conn.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	Expect(t, conn, s)
}

func TestProxyWithoutTarget(t *testing.T) {
	l := Listen(t)
	dead := l.Addr().String()
	_ = l.Close()
	p, err := ListenProxy(t.Context(), "127.0.0.1:0", dead)
	if err != nil {
		t.Fatal(err)
	}
	Start(t, p.Run)
	if conn, err := net.Dial("tcp", p.Addr()); err == nil { // else the RST was faster than Dial
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("a caller read something")
		}
		_ = conn.Close()
	}
	if _, err := ListenProxy(t.Context(), "300.0.0.1:0", dead); err == nil {
		t.Error("it listens at an impossible address")
	}
}

// What a proxy moves stays whole and in order, and the end of the stream stays behind it, in each direction.
func TestProxyIsATrueCopier(t *testing.T) {
	target := Listen(t)
	p, err := ListenProxy(t.Context(), "127.0.0.1:0", target.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p.SetFaults(netem.Faults{Delay: 1e6, DelayMax: 5e6, Fragment: 3000, Gap: 1e5}, netem.Faults{Fragment: 2000, Gap: -1})
	Start(t, p.Run)
	caller := Dial(t, p.Addr())
	callee := TCP(t, Accept(t, target))

	var group sync.WaitGroup
	defer group.Wait()
	for i, ends := range [][2]*net.TCPConn{{caller, callee}, {callee, caller}} {
		sent, received := sha256.New(), sha256.New()
		var whole sync.WaitGroup
		whole.Go(func() {
			random := rand.NewChaCha8([32]byte{byte(i)})
			if n, err := io.Copy(io.MultiWriter(ends[0], sent), io.LimitReader(random, 300_000)); err != nil {
				t.Errorf("sent %d: %v", n, err)
			}
			_ = ends[0].CloseWrite()
		})
		whole.Go(func() {
			if n, err := io.Copy(received, ends[1]); err != nil || n != 300_000 {
				t.Errorf("received %d: %v", n, err)
			}
		})
		group.Go(func() {
			whole.Wait()
			if [32]byte(sent.Sum(nil)) != [32]byte(received.Sum(nil)) {
				t.Errorf("direction %d: not what was sent", i)
			}
		})
	}
}

func TestProxyDelaysEachWay(t *testing.T) {
	p, conn := through(t)
	for _, faults := range [][2]netem.Faults{{{Delay: 80e6}, {}}, {{}, {Delay: 80e6}}, {{Delay: 40e6}, {Delay: 40e6}}} {
		p.SetFaults(faults[0], faults[1])
		began := time.Now()
		echo(t, conn, "ping")
		if d := time.Since(began); d < 80*time.Millisecond {
			t.Errorf("%+v: there and back in %v", faults, d)
		}
	}
}

func TestProxyStalls(t *testing.T) {
	p, conn := through(t)
	p.Stall()
	p.Stall() // a second time means nothing
	if _, err := conn.Write([]byte("held")); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read %d, %v through a stalled proxy", n, err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(Patience)); err != nil {
		t.Fatal(err)
	}
	p.Resume()
	p.Resume()
	Expect(t, conn, "held")
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the end did not follow: %v", err)
	}
}

func TestProxyCuts(t *testing.T) {
	for name, stalled := range map[string]bool{"moving": false, "stalled": true} {
		t.Run(name, func(t *testing.T) {
			p, conn := through(t)
			if stalled {
				p.Stall()
			}
			if n := p.Cut(); n != 1 {
				t.Errorf("cut %d connections", n)
			}
			_, err := conn.Read(make([]byte, 1))
			if runtime.GOOS == "linux" && !errors.Is(err, syscall.ECONNRESET) || err == nil {
				t.Errorf("cut with %v", err)
			}
			for p.Conns() > 0 {
				runtime.Gosched()
			}
			p.Resume()
			echo(t, Dial(t, p.Addr()), "again")
		})
	}
}

func TestProxyPassesAResetOn(t *testing.T) {
	target := Listen(t)
	p, err := ListenProxy(t.Context(), "127.0.0.1:0", target.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	Start(t, p.Run)
	caller := Dial(t, p.Addr())
	netem.Reset(Accept(t, target))
	if _, err := caller.Read(make([]byte, 1)); err == nil || runtime.GOOS == "linux" && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the caller sees %v", err)
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
