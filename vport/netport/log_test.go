package netport

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"meterline/vport"
)

// netLog is a port's log that needs the port's lock for each record, as one does that asks for its state.
type netLog struct {
	t       *testing.T
	port    atomic.Pointer[port]
	records chan string
}

func (l *netLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *netLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *netLog) WithGroup(string) slog.Handler            { return l }

func (l *netLog) Handle(_ context.Context, r slog.Record) error {
	const patience = 10 * time.Second
	p := l.port.Load()
	for end := time.Now().Add(patience); !p.queue.TryLock(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			l.t.Errorf("%q is logged while the port's lock is held", r.Message)
			return nil
		}
	}
	p.queue.Unlock()
	l.records <- r.Message
	return nil
}

// Nothing of clients that come, are refused, take another one's place and go is logged with the lock held.
func TestNetLogsWithoutItsLock(t *testing.T) {
	log := &netLog{t: t, records: make(chan string, 100)}
	opened, err := TCP(slog.New(log)).Open(vport.Spec{Address: "tcp://127.0.0.1:0", KickOld: true}, func(bool) {})
	if err != nil {
		t.Fatal(err)
	}
	p := opened.(*port)
	log.port.Store(p)
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", p.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	expect := func(want string) {
		t.Helper()
		for {
			select {
			case got := <-log.records:
				if got == want {
					return
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("not logged: %s", want)
			}
		}
	}
	dial()
	expect("a client has connected")
	second := dial()
	expect("a client takes the place of another")
	expect("a client has connected")
	_ = second.Close()
	expect("a client has left")
	p.queue.Lock()
	p.waiting = &client{port: p, who: "somebody"} // the place of those who wait is taken
	p.client = p.waiting
	p.queue.Unlock()
	if conn, err := net.Dial("tcp", p.Addr().String()); err == nil { // it may be refused so soon that dialling fails
		defer conn.Close()
	}
	expect("a client is refused: the port is in use")
	p.queue.Lock()
	p.waiting, p.client = nil, nil
	p.queue.Unlock()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
