package netem

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

// Interrupt interrupts blocked reads and writes of the connections when ctx ends, by a deadline in the past. The returned
// function must be called; after that nothing touches the connections any more.
func Interrupt(ctx context.Context, conns ...net.Conn) (release func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		for _, c := range conns {
			_ = c.SetDeadline(time.Unix(1, 0)) // fails only when closed, and then nothing is blocked
		}
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// ReadUntil reads from an interruptible connection until t at most (zero: without limit). When t has come it returns 0, nil.
func ReadUntil(ctx context.Context, conn net.Conn, p []byte, t time.Time) (int, error) {
	if err := conn.SetReadDeadline(t); err != nil {
		return 0, err
	}
	if ctx.Err() != nil { // the deadline that interrupts may have been set before ours
		return 0, context.Cause(ctx)
	}
	n, err := conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, context.Cause(ctx)
	}
	return n, err
}

// SleepUntil waits for t, and returns the cause if ctx ends before.
func SleepUntil(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lingerer is a connection that can be told how to close, as TCP connections can.
type lingerer interface{ SetLinger(sec int) error }

// Reset closes a connection with RST where that is possible.
func Reset(conn net.Conn) {
	if c, ok := conn.(lingerer); ok {
		_ = c.SetLinger(0) // otherwise it is closed with FIN
	}
	_ = conn.Close() // the connection is of no further use
}
