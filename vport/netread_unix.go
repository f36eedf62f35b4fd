//go:build unix

package vport

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// read waits for bytes and puts them into the queue. Whoever cannot wait for this goroutine to be scheduled does the same
// meanwhile: see CatchUp.
func (c *client) read(buf []byte) error {
	raw, err := c.raw()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		c.inflow.Lock()
		defer c.inflow.Unlock()
		var some bool
		some, failed = c.readOnce(fd, buf)
		return some || failed != nil
	})
	return errors.Join(err, failed)
}

// readOnce reads without waiting. inflow is held.
func (c *client) readOnce(fd uintptr, buf []byte) (some bool, err error) {
	for {
		n, err := syscall.Read(int(fd), buf)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return false, nil
		case err != nil:
			return false, os.NewSyscallError("read", err)
		case n == 0:
			return false, io.EOF
		}
		return true, c.bring(buf[:n])
	}
}

// raw is the connection as the system knows it.
func (c *client) raw() (syscall.RawConn, error) {
	conn, ok := c.conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return conn.SyscallConn()
}

// CatchUp hands over what is in the queue, and what is in the client's socket.
func (p *netPort) CatchUp(f func([]byte) bool) bool {
	if !p.flow.TryLock() {
		return false
	}
	defer p.flow.Unlock()
	p.handOverAll(f)
	p.mu.Lock()
	c := p.client
	if p.closed || c != nil && (!c.there || c.gone) {
		c = nil
	}
	p.mu.Unlock()
	if c == nil {
		return true
	}
	raw, err := c.raw()
	if err != nil {
		return true // its reader finds out
	}
	if !c.inflow.TryLock() {
		return false
	}
	if c.aside == nil {
		c.aside = make([]byte, chunk)
	}
	var wrong error
	_ = raw.Control(func(fd uintptr) { _, wrong = c.readOnce(fd, c.aside) }) // fails only where the client has gone
	c.inflow.Unlock()
	if _, ok := errors.AsType[languageError](wrong); ok {
		_ = c.conn.Close() // its reader ends; any other error it finds by itself
	}
	p.handOverAll(f)
	return true
}
