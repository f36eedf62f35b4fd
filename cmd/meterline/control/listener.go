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

// maxConnections bounds who can hold the daemon's descriptors through the socket.
const maxConnections = 64

// Listener is where the verbs reach the daemon.
type Listener interface {
	net.Listener
	// Keep sees to it that the daemon can be reached until ctx ends.
	Keep(ctx context.Context, log *slog.Logger)
}

// boundedListener closes connections beyond its slots at once: a client that is told so beats one that hangs.
type boundedListener struct {
	net.Listener
	slots chan struct{}
}

// Keep leaves it to the listener, if that is one which can be taken away.
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
			_ = conn.Close() // refused; there is nobody to tell
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
