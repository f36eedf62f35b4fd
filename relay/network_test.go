package relay

import (
	"bytes"
	"errors"
	"net"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"meterline/relay/relaytest"
	"meterline/relay/simulated"
	"meterline/relay/simulated/netem"
)

// behindNetwork is a session with an echoing modem, called through a network that is as bad as p is told to make it.
func behindNetwork(t *testing.T) (p *relaytest.Proxy, d *Dial, s *Session) {
	t.Helper()
	l := relaytest.Listen(t)
	relaytest.Start(t, (&simulated.Modem{Listener: l}).Run)
	p, err := relaytest.ListenProxy(t.Context(), "127.0.0.1:0", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	relaytest.Start(t, p.Run)
	d = &Dial{Addresses: []string{p.Addr()}}
	if s, err = d.Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.End(nil) })
	echoed(t, s, []byte("here?"))
	return p, d, s
}

// echoed has the modem say p back.
func echoed(t *testing.T, s *Session, p []byte) {
	t.Helper()
	if n, err := s.Write(p); n != len(p) || err != nil {
		t.Fatalf("wrote %d of %d bytes: %v", n, len(p), err)
	}
	if got := collect(t, s, len(p)); !bytes.Equal(got, p) {
		t.Fatalf("%d bytes came back as %d others", len(p), len(got))
	}
}

// A slow network that cuts everything into pieces changes nothing in a session's bytes.
func TestSessionThroughASlowNetwork(t *testing.T) {
	t.Parallel()
	p, _, s := behindNetwork(t)
	p.SetFaults(netem.Faults{Delay: 1e6, DelayMax: 5e6, Fragment: 7, Gap: 1e5}, netem.Faults{Fragment: 3, Gap: -1})
	for request := range slices.Chunk(noise(1000), 100) {
		echoed(t, s, request)
	}
}

// While a network stands still the session waits and nothing is lost. When it is cut, the session ends, and its line gets
// another one.
func TestSessionThroughANetworkThatStops(t *testing.T) {
	t.Parallel()
	p, d, s := behindNetwork(t)
	p.Stall()
	if n, err := s.Write([]byte("held")); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	if err := s.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if err := s.Receive(func(got []byte) bool { t.Errorf("%q came through", got); return true }); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("stalled: %v", err)
	}
	if err := s.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	p.Resume()
	if got := collect(t, s, 4); string(got) != "held" {
		t.Fatalf("%q came", got)
	}
	if n := p.Cut(); n != 1 {
		t.Errorf("cut %d connections", n)
	}
	err := s.Receive(func([]byte) bool { return true })
	if err == nil || errors.Is(err, net.ErrClosed) || runtime.GOOS == "linux" && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the session ended with %v", err)
	}
	again, err := d.Call(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer again.End(nil)
	echoed(t, again, []byte("again"))
}
