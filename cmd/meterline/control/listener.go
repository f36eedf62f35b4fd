package control

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"
	"time"
)

// dialTimeout is how long one attempt to reach the daemon may take: it waits only if the daemon's backlog is full.
const dialTimeout = 3 * time.Second

// maxConnections is how many clients may be connected: each one takes a descriptor of the daemon.
const maxConnections = 64

// Listener is the socket or pipe of the daemon.
type Listener interface {
	net.Listener
	// Keep makes the socket again if somebody removes it, until ctx ends.
	Keep(ctx context.Context, log *slog.Logger)
}

// boundedListener closes connections beyond its slots at once, so that their clients fail instead of hanging.
type boundedListener struct {
	net.Listener
	slots chan struct{}
}

// Keep calls Keep of the listener behind it, if that has one.
func (l *boundedListener) Keep(ctx context.Context, log *slog.Logger) {
	if k, ok := l.Listener.(interface {
		Keep(ctx context.Context, log *slog.Logger)
	}); ok {
		k.Keep(ctx, log)
	}
}

func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.slots <- struct{}{}:
			return &slotConn{Conn: conn, slots: l.slots}, nil
		default:
			_ = conn.Close() // the client learns no more than that
		}
	}
}

// slotConn gives its slot back when it is closed, once.
type slotConn struct {
	net.Conn
	slots  chan struct{}
	closed atomic.Bool
}

func (c *slotConn) Close() error {
	if !c.closed.Swap(true) {
		<-c.slots
	}
	return c.Conn.Close()
}
