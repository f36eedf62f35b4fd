//go:build unix

package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// socketLook is how often the daemon checks whether its control socket still exists.
const socketLook = 2 * time.Second

// lastingListener is the control socket. It is made again if somebody has removed it: nobody could reach the daemon otherwise.
type lastingListener struct {
	path, group string

	mu     sync.Mutex
	ln     *net.UnixListener
	info   fs.FileInfo // of the socket that ln made
	closed bool
}

// listen makes the socket, in place of the one before, if there was one.
func (l *lastingListener) listen(ctx context.Context) error {
	gid, err := controlGroup(l.group)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return fmt.Errorf("make the folder of the control socket: %w", err)
	}
	if err := RemoveStale(ctx, l.path); err != nil {
		return err
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: l.path, Net: "unix"})
	if err != nil {
		return fmt.Errorf("control socket: %w; choose another with `control`", err)
	}
	ln.SetUnlinkOnClose(false) // another daemon's socket may stand there by then
	err = os.Chmod(l.path, socketMode)
	if chown := os.Chown(l.path, -1, gid); chown != nil {
		err = fmt.Errorf("give it to control_group %q, of which meterline's user must be a member: %w", l.group, chown)
	}
	info, statErr := os.Lstat(l.path)
	if err = errors.Join(err, statErr); err != nil {
		return errors.Join(fmt.Errorf("permissions of the control socket: %w", err), ln.Close(), os.Remove(l.path))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errors.Join(net.ErrClosed, ln.Close(), os.Remove(l.path))
	}
	if l.ln != nil {
		_ = l.ln.Close() // no client can reach it any more
	}
	l.ln, l.info = ln, info
	return nil
}

// Accept waits for a client, at the present socket and then at one that replaces it.
func (l *lastingListener) Accept() (net.Conn, error) {
	for {
		l.mu.Lock()
		ln := l.ln
		l.mu.Unlock()
		conn, err := ln.Accept()
		l.mu.Lock()
		replaced := l.ln != ln
		l.mu.Unlock()
		if err == nil || !replaced {
			return conn, err
		}
	}
}

// Close stops listening, and removes the socket if it is still ours.
func (l *lastingListener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return net.ErrClosed
	}
	l.closed = true
	if l.isThere() {
		_ = os.Remove(l.path) // the next daemon removes it otherwise
	}
	return l.ln.Close()
}

func (l *lastingListener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// isThere reports whether the socket at the path is ours. The caller holds mu.
func (l *lastingListener) isThere() bool {
	info, err := os.Lstat(l.path)
	return err == nil && os.SameFile(info, l.info)
}

// Keep makes the socket again whenever somebody has removed it, until ctx ends.
func (l *lastingListener) Keep(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(socketLook)
	defer tick.Stop()
	told := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		l.mu.Lock()
		fine := l.closed || l.isThere()
		l.mu.Unlock()
		if fine {
			told = ""
			continue
		}
		if err := l.listen(ctx); err == nil {
			log.Warn("the control socket was removed, and is made anew", "path", l.path)
		} else if told != err.Error() {
			told = err.Error()
			log.Warn("the control socket was removed, and cannot be made anew: no verb reaches this daemon", "err", err)
		}
	}
}
