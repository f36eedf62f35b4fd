package control

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
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

// PipePrefix begins the names of Windows' named pipes.
const PipePrefix = `\\.\pipe\`

// isPipe reports whether path is a pipe's name. Case does not matter.
func isPipe(path string) bool {
	return len(path) > len(PipePrefix) && strings.EqualFold(path[:len(PipePrefix)], PipePrefix)
}

// pipeName returns the pipe that takes the place of a socket with that full path, so that one configuration serves all systems. Windows has
// sockets in the file system too, but with a pipe it is clearer who may use it, and callers from other machines can be refused.
func pipeName(path string) string {
	if isPipe(path) {
		return path
	}
	return PipePrefix + "meterline-" + strings.NewReplacer(`\`, "-", "/", "-", ":", "").Replace(strings.TrimLeft(path, `\/`))
}

// pipeAccess returns a security descriptor for the pipe. The system, administrators and the daemon's own user may do everything. group,
// which may be empty, may read and write, but must not serve an instance of the pipe itself.
func pipeAccess(user, group string) string {
	sddl := fmt.Sprintf("D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;%s)", user)
	if group != "" {
		sddl += fmt.Sprintf("(A;;%#x;;;%s)", pipeUse, group)
	}
	return sddl
}

// pipeUse is the access mask that a client needs: FILE_GENERIC_READ and FILE_GENERIC_WRITE without FILE_APPEND_DATA, which in a pipe is
// FILE_CREATE_PIPE_INSTANCE.
const pipeUse = 0x12019b
