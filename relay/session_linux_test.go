package relay

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func option(t *testing.T, conn *net.TCPConn, level, name int) (value int) {
	t.Helper()
	sys, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var opt error
	if err := sys.Control(func(fd uintptr) { value, opt = unix.GetsockoptInt(int(fd), level, name) }); err != nil || opt != nil {
		t.Fatal(err, opt)
	}
	return value
}

func TestLinkOptions(t *testing.T) {
	type want struct{ alive, idle, interval, count, user, sndbuf int }
	for name, c := range map[string]struct {
		link Link
		want want
	}{
		"no keepalive": {Link{KeepaliveIdle: -1}, want{0, -1, -1, -1, 120_000, 32 << 10}},
		"defaults":     {Link{}, want{1, 60, 20, 3, 120_000, 32 << 10}},
		"all settled": {
			Link{KeepaliveIdle: 5 * time.Second, KeepaliveInterval: 2 * time.Second, KeepaliveCount: 4, SendBuffer: 8 << 10},
			want{1, 5, 2, 4, 13_000, 16 << 10}, // the kernel doubles the buffer for its own bookkeeping, socket(7)
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn, modem := tcpPair(t)
			defer modem.Close()
			s := NewSession(conn, c.link, nil, nil)
			defer s.End(nil)
			tcp, ok := conn.(*net.TCPConn)
			if !ok {
				t.Fatal("not TCP")
			}
			got := want{
				option(t, tcp, unix.SOL_SOCKET, unix.SO_KEEPALIVE), -1, -1, -1,
				option(t, tcp, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT), option(t, tcp, unix.SOL_SOCKET, unix.SO_SNDBUF),
			}
			if got.alive != 0 {
				got.idle = option(t, tcp, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE)
				got.interval = option(t, tcp, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL)
				got.count = option(t, tcp, unix.IPPROTO_TCP, unix.TCP_KEEPCNT)
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if option(t, tcp, unix.IPPROTO_TCP, unix.TCP_NODELAY) == 0 {
				t.Error("TCP_NODELAY is not set")
			}
		})
	}
}

func TestTryWriteTakesAPart(t *testing.T) {
	conn, modem := tcpPair(t)
	defer modem.Close()
	s := NewSession(conn, Link{}, nil, nil)
	defer s.End(nil)
	n, err := s.TryWrite(make([]byte, 32<<20))
	if n == 0 || n == 32<<20 || err != nil {
		t.Errorf("took %d, %v", n, err)
	}
	if n, err := s.TryWrite([]byte("x")); n != 0 || err != nil {
		t.Errorf("a full socket took %d, %v", n, err)
	}
	unsent := s.Unsent()
	if unsent == 0 {
		t.Error("nothing is unsent though nobody reads")
	}
	s.End(ErrDisplaced)
	if s.Unsent() != unsent {
		t.Errorf("after the end %d are unsent, before it %d", s.Unsent(), unsent)
	}
}

// Bytes and FIN that arrive together are one event of the poller; parking between the two would wait for ever.
func TestEndBehindBytesIsNoticed(t *testing.T) {
	for range 200 {
		conn, modem := tcpPair(t)
		s := NewSession(conn, Link{}, nil, nil)
		var wg sync.WaitGroup
		wg.Go(func() {
			_, _ = modem.Write([]byte("bye"))
			_ = modem.Close()
		})
		_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
		if err := s.Receive(func([]byte) bool { return true }); !errors.Is(err, io.EOF) {
			t.Fatalf("got %v, want EOF", err)
		}
		s.End(nil)
		wg.Wait()
	}
}

func TestResets(t *testing.T) {
	t.Run("by the modem", func(t *testing.T) {
		conn, modem := tcpPair(t)
		s := NewSession(conn, Link{}, nil, nil)
		defer s.End(nil)
		reset(modem)
		if err := s.Receive(func([]byte) bool { return true }); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v, want a reset", err)
		}
	})
	for name, c := range map[string]struct{ cause, want error }{
		"displaced":          {ErrDisplaced, syscall.ECONNRESET},
		"refused":            {ErrRefused, syscall.ECONNRESET},
		"in order":           {ErrLinger, io.EOF},
		"in order, unheeded": {ErrKicked, io.EOF}, // bytes of the modem lie unread
	} {
		t.Run(name, func(t *testing.T) {
			conn, modem := tcpPair(t)
			defer modem.Close()
			if _, err := modem.Write([]byte("unread")); err != nil {
				t.Fatal(err)
			}
			s := NewSession(conn, Link{}, nil, nil)
			s.End(c.cause)
			if _, err := modem.Read(make([]byte, 1)); !errors.Is(err, c.want) {
				t.Errorf("the modem saw %v, want %v", err, c.want)
			}
		})
	}
}

// Sending must not allocate: it is done for every piece of every program.
func TestTryWriteAllocatesNothing(t *testing.T) {
	conn, modem := tcpPair(t)
	defer modem.Close()
	s := NewSession(conn, Link{}, nil, nil)
	defer s.End(nil)
	p, back := []byte("request"), make([]byte, 64)
	allocs := testing.AllocsPerRun(100, func() {
		if n, err := s.TryWrite(p); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
		_, _ = modem.Read(back)
	})
	if allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// A heartbeat that does not fit into a full socket goes behind what is there, whole and before the next message; but not into
// a message of which the caller is about to send the rest.
func TestHeartbeatMeetsAFullSocket(t *testing.T) {
	for name, c := range map[string]struct {
		partial bool
		want    string
	}{
		"inside a message": {true, "restBEAT"},
		"between messages": {false, "BEATrest"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, modem := tcpPair(t)
			defer modem.Close()
			s := NewSession(conn, Link{SendBuffer: 64 << 10}, nil, nil)
			defer s.End(nil)
			sent := 0
			for n := 1; n > 0; sent += n {
				n, _ = s.TryWrite(make([]byte, 1<<20))
			}
			s.mid = c.partial
			s.wrote.Store(int64(time.Hour)) // however slow this machine is, that was just now
			s.sendBeat([]byte("BEAT"))
			var got []byte
			var wg sync.WaitGroup
			wg.Go(func() { got, _ = io.ReadAll(modem) })
			if n, err := s.Write([]byte("rest")); n != 4 || err != nil {
				t.Errorf("wrote %d: %v", n, err)
			}
			s.End(ErrLinger)
			wg.Wait()
			if len(got) < sent || string(got[sent:]) != c.want {
				t.Errorf("behind %d of %d bytes came %q, want %q", min(len(got), sent), sent, got[min(len(got), sent):], c.want)
			}
		})
	}
}

// openSockets counts what this process has open.
func openSockets(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// Whatever races with the end, the descriptor comes back, and only once.
func TestEndRaces(t *testing.T) {
	before := openSockets(t)
	for range 100 {
		conn, modem := tcpPair(t)
		s := NewSession(conn, Link{HeartbeatEvery: time.Microsecond, Heartbeat: "beat", Silence: time.Hour}, nil, nil)
		var wg sync.WaitGroup
		wg.Go(func() { _ = s.Receive(func([]byte) bool { s.End(ErrKicked); return true }) })
		wg.Go(func() { _, _ = s.Write(make([]byte, 1<<20)) })
		wg.Go(func() { _, _ = s.TryWrite([]byte("request")) })
		wg.Go(func() { _ = s.SetReadDeadline(past); _ = s.SetReadDeadline(time.Time{}) })
		wg.Go(func() { _ = s.SetWriteDeadline(past); _ = s.SetWriteDeadline(time.Time{}); _ = s.Unsent() })
		wg.Go(func() { _, _ = modem.Write([]byte("x")); s.End(ErrDisplaced) })
		wg.Go(func() { _, _ = io.Copy(io.Discard, modem) })
		wg.Wait()
		if err := s.Cause(); !errors.Is(err, ErrKicked) && !errors.Is(err, ErrDisplaced) {
			t.Errorf("ended for %v", err)
		}
		if err := conn.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the connection is still open: %v", err)
		}
		_ = modem.Close()
	}
	if after := openSockets(t); after != before {
		t.Errorf("%d sockets are open, before it were %d", after, before)
	}
}
