package netport_test

import (
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
	"meterline/vport/netport"
	"meterline/vport/vporttest"
)

// soon is how long these tests wait for what has to come.
const soon = 20 * time.Second

// bench is a network port at work, with all that comes out of it in order.
type bench struct {
	*testing.T
	port vport.Port
	at   string
	told chan string
	log  *vporttest.Log
}

// kinds are the kinds of network ports.
func kinds(log *slog.Logger) vport.Kinds {
	return vport.Kinds{netport.TCP(log), netport.RFC2217(log)}
}

func newBench(t *testing.T, spec vport.Spec) *bench {
	t.Helper()
	b := &bench{T: t, told: make(chan string, 1000), log: new(vporttest.Log)}
	var err error
	if b.port, err = kinds(slog.New(slog.NewTextHandler(b.log, nil))).Open(spec, func(open bool) { b.told <- fmt.Sprint("open ", open) }); err != nil {
		t.Fatal(err)
	}
	if s, ok := b.port.(vport.Signaller); ok {
		s.SetSignal(func(s vport.Signal) { b.told <- vporttest.Describe(s) })
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

func (b *bench) expect(want ...string) {
	b.Helper()
	b.log.Expect(b, b.told, want...)
}

func (b *bench) logged(want string) {
	b.Helper()
	for end := time.Now().Add(soon); !strings.Contains(b.log.String(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("the log has no %q:\n%s", want, b.log)
		}
	}
}

// raw connects without a word.
func (b *bench) raw() *net.TCPConn {
	b.Helper()
	conn, err := net.Dial("tcp", b.at)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(soon))
	return conn.(*net.TCPConn)
}
