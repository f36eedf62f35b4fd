package bridge

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
)

// chaosFar is a far end that answers each line, and loses its connection now and then, in every manner.
type chaosFar struct {
	id     string // it registers with this, if not empty
	random *rand.Rand

	mu      sync.Mutex
	written map[string]time.Time // answers, and when they were written
}

// call keeps a session with addr until ctx ends; sometimes the next one displaces it.
func (f *chaosFar) call(ctx context.Context, addr func() string) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for ctx.Err() == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr())
		if err != nil {
			pause(ctx, 50*time.Millisecond)
			continue
		}
		fmt.Fprintf(conn, "IMEI:%s\r\n", f.id)
		life := time.Duration(f.random.IntN(1500)) * time.Millisecond
		displaced, rst := f.random.IntN(3) == 0, f.random.IntN(2) == 0
		done := make(chan struct{})
		wg.Go(func() { defer close(done); f.serve(ctx, conn, life, displaced, rst) })
		if !displaced {
			<-done
			continue
		}
		pause(ctx, life) // the next one comes while this one stands
	}
}

// answer takes calls at ln until ctx ends.
func (f *chaosFar) answer(ctx context.Context, ln net.Listener) {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		life, rst := time.Duration(f.random.IntN(1500))*time.Millisecond, f.random.IntN(2) == 0
		wg.Go(func() { f.serve(ctx, conn, life, false, rst) })
	}
}

// serve answers lines until the session's life is over; a session that is to be displaced lives until it is.
func (f *chaosFar) serve(ctx context.Context, conn net.Conn, life time.Duration, displaced, rst bool) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if !displaced {
		conn.SetReadDeadline(time.Now().Add(life))
	}
	if rst {
		conn.(*net.TCPConn).SetLinger(0)
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		answer := strings.Replace(lines.Text(), "Q", "A", 1)
		f.mu.Lock()
		f.written[answer] = time.Now()
		f.mu.Unlock()
		if _, err := conn.Write([]byte(answer + "\n")); err != nil {
			return
		}
	}
}

func (f *chaosFar) when(answer string) (time.Time, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.written[answer]
	return at, ok
}

// pause lets time pass, as the field does; nothing is waited for.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// allUp waits until all modems have a session.
func allUp(ctx context.Context, b *Bridge) {
	waits := func(m status.Modem) bool { return m.State != string(modem.Up) }
	for ctx.Err() == nil && slices.ContainsFunc(b.Status().Modems, waits) {
		pause(ctx, time.Millisecond)
	}
}

// lag is by how much the machine lets this process wait, at the longest so far. What a test allows for bytes that are on their way it
// allows on an idle machine; on a busy one each hand that they go through may be late by so much.
type lag struct{ most atomic.Int64 }

// hops is how many goroutines a byte wakes on its way from one end to the other, the ends included.
const hops = 4

// newLag measures until the test ends.
func newLag(t *testing.T) *lag {
	l := new(lag)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			const short = 5 * time.Millisecond
			begun := time.Now()
			pause(ctx, short)
			if late := int64(time.Since(begun) - short); late > l.most.Load() {
				l.most.Store(late)
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return l
}

// allows is what a test allows on this machine where it allows d on an idle one.
func (l *lag) allows(d time.Duration) time.Duration {
	return d + hops*time.Duration(l.most.Load())
}
