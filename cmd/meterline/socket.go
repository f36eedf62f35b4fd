package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// socketMode lets the daemon's user and group talk to it: who may see the meters' bytes, and end their calls.
const socketMode fs.FileMode = 0o660

// dialTimeout is how long one attempt to reach a local socket may take: it waits only if the daemon's backlog is full.
const dialTimeout = 3 * time.Second

// listenControl makes the control socket, and its folder. A socket that a crashed daemon has left is replaced; one that
// answers, and whatever is not a socket, is not.
func listenControl(ctx context.Context, path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the control socket: %w", err)
	}
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w; choose another with `control`", err)
	}
	if err := os.Chmod(path, socketMode); err != nil {
		_ = ln.Close() // the error that counts is the one below
		return nil, fmt.Errorf("permissions of the control socket: %w", err)
	}
	return &boundedListener{Listener: ln, slots: make(chan struct{}, maxConnections)}, nil
}

// removeStale removes the socket at path if nobody listens there.
func removeStale(ctx context.Context, path string) error {
	before, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if before.Mode().IsRegular() || before.IsDir() {
		return fmt.Errorf("control socket %s: something that is not a socket stands there; remove it, or choose another path with `control`", path)
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close() // nothing was said
		return fmt.Errorf("control socket %s: another daemon answers there; stop it, or choose another path with `control`", path)
	}
	if !refused(err) {
		return fmt.Errorf("control socket %s: who listens there cannot be told: %w", path, err)
	}
	// Another daemon may have put its own in place meanwhile.
	after, err := os.Lstat(path)
	if err != nil || !os.SameFile(before, after) {
		return fmt.Errorf("control socket %s: another daemon is starting there", path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the control socket of a daemon that is gone: %w", err)
	}
	return nil
}

// refused tells whether nobody listens at the socket that was dialled.
func refused(err error) bool {
	const wsaeConnRefused = syscall.Errno(10061) // what Windows says; no errno elsewhere
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaeConnRefused)
}

// maxConnections bounds who can hold the daemon's descriptors through the socket.
const maxConnections = 64

// boundedListener closes connections beyond its slots at once: a client that is told so beats one that hangs.
type boundedListener struct {
	net.Listener
	slots chan struct{}
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
