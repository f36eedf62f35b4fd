package vport_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/vport"
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

// netKinds are the kinds of network ports.
func netKinds(log *slog.Logger) vport.Kinds {
	return vport.Kinds{vport.TCPKind(log), vport.RFC2217Kind(log)}
}

func newNetBench(t *testing.T, spec vport.Spec) *netBench {
	t.Helper()
	b := &netBench{T: t, told: make(chan string, 1000), log: new(lockedBuffer)}
	var err error
	if b.port, err = netKinds(slog.New(slog.NewTextHandler(b.log, nil))).Open(spec, func(open bool) { b.told <- fmt.Sprint("open ", open) }); err != nil {
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
