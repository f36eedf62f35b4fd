//go:build unix

package netport

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
)

// read waits for bytes and puts them into the queue. CatchUp does the same without waiting for this goroutine to be scheduled.
func (c *client) read(buf []byte) error {
	raw, err := c.raw()
	if err != nil {
		return err
	}
	var n int
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		c.inflow.Lock()
		if n, failed = readOnce(fd, buf); n > 0 {
			return true // inflow is held until the bytes are in the queue
		}
		c.inflow.Unlock()
		return failed != nil
	})
	if n > 0 {
		// Here, and not in the function above: closing the connection waits for that function, and some callers close it with
		// the queue locked.
		failed = c.enqueue(buf[:n])
		c.inflow.Unlock()
	}
	return errors.Join(err, failed)
}

// readOnce reads without waiting. No byte and no error means that nothing is there.
func readOnce(fd uintptr, buf []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), buf)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return 0, nil
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// raw returns the connection's descriptor.
func (c *client) raw() (syscall.RawConn, error) {
	conn, ok := c.conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return conn.SyscallConn()
}

// asides are buffers for CatchUp.
var asides = sync.Pool{New: func() any { return new([chunk]byte) }}

// CatchUp passes on what is in the queue, and what is in the client's socket.
func (p *port) CatchUp(f func([]byte) bool) bool { return p.queue.CatchUp(f, p.fetch) }

// fetch puts what is in the client's socket into the queue. It returns false if the client's reader is doing that.
func (p *port) fetch() bool {
	p.queue.Lock()
	c := p.client
	if p.queue.IsClosed() || c != nil && (!c.there || c.gone) {
		c = nil
	}
	p.queue.Unlock()
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
	buf := asides.Get().(*[chunk]byte)
	defer asides.Put(buf)
	n := 0
	_ = raw.Control(func(fd uintptr) { n, _ = readOnce(fd, buf[:]) }) // its reader finds out about errors
	wrong := c.enqueue(buf[:n])
	c.inflow.Unlock()
	if _, ok := errors.AsType[languageError](wrong); ok {
		_ = c.conn.Close() // ends its reader
	}
	return true
}
