package usb

import (
	"net"
	"os"
	"sync"
	"time"
)

// modemConn is the data call of a plugged-in modem as a connection. Closing it makes the modem hang up; Close does not wait for
// that.
type modemConn struct {
	line   serialLine
	remote modemAddr
	local  modemAddr
	closed chan struct{} // closed by Close
	room   chan struct{} // of capacity one; it has a token when Read has made room

	writing sync.Mutex // held while writing to the line

	mu     sync.Mutex
	wake   chan struct{} // closed, and made anew, at each change that a Read waits for
	buf    []byte        // received and not read yet
	err    error         // why the call is over
	readBy time.Time
	ended  bool      // closed is closed
	sentBy time.Time // when the modem has sent what was written, at the speed of the slowest calls
}

// modemAddr is one end of a call.
type modemAddr string

func (modemAddr) Network() string  { return "telephone" }
func (a modemAddr) String() string { return string(a) }

// connRoom is how many bytes are kept for the reader. When they are not read, the system stops the line.
const connRoom = 64 << 10

func newModemConn(line serialLine, number, device string) *modemConn {
	return &modemConn{
		line: line, remote: modemAddr(number), local: modemAddr(device),
		closed: make(chan struct{}), room: make(chan struct{}, 1), wake: make(chan struct{}),
	}
}

func (c *modemConn) LocalAddr() net.Addr  { return c.local }
func (c *modemConn) RemoteAddr() net.Addr { return c.remote }

// changed wakes a Read. The caller holds c.mu.
func (c *modemConn) changed() {
	close(c.wake)
	c.wake = make(chan struct{})
}

// Read implements net.Conn. What came before the end is returned first.
func (c *modemConn) Read(p []byte) (int, error) {
	for {
		n, wake, by, err := c.readNow(p)
		if wake == nil {
			return n, err
		}
		if by.IsZero() {
			<-wake
			continue
		}
		timer := time.NewTimer(time.Until(by))
		select {
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// readNow reads what is there. Otherwise it returns what to wait for.
func (c *modemConn) readNow(p []byte) (n int, wake <-chan struct{}, by time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended:
		return 0, nil, by, net.ErrClosed
	case !c.readBy.IsZero() && !time.Now().Before(c.readBy):
		return 0, nil, by, os.ErrDeadlineExceeded
	case len(c.buf) > 0 || len(p) == 0:
		n = copy(p, c.buf)
		if c.buf = c.buf[n:]; len(c.buf) == 0 {
			c.buf = nil
		}
		select {
		case c.room <- struct{}{}:
		default:
		}
		return n, nil, by, nil
	case c.err != nil:
		return 0, nil, by, c.err
	}
	return 0, c.wake, c.readBy, nil
}

// push passes received bytes to the reader; they are copied.
func (c *modemConn) push(p []byte) {
	if len(p) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || c.err != nil {
		return
	}
	c.buf = append(c.buf, p...)
	c.changed()
}

// full reports whether the reader must catch up first. A call that is over waits for nobody.
func (c *modemConn) full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.buf) >= connRoom && !c.ended && c.err == nil
}

// Write implements net.Conn.
func (c *modemConn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.over(); err != nil {
		return 0, err
	}
	n, err := c.line.Write(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sentBy = later(c.sentBy, time.Now()).Add(time.Duration(n) * slowestByte)
	switch {
	case err == nil:
	case c.ended:
		err = net.ErrClosed
	case c.err != nil:
		err = c.err
	}
	return n, err
}

// slowestByte is the time of a byte at 9600 bit/s, the speed of GSM data calls.
const slowestByte = time.Second / 960

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (c *modemConn) over() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return net.ErrClosed
	}
	return c.err
}

// Close ends the call. What was written before is still sent.
func (c *modemConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return net.ErrClosed
	}
	c.ended, c.buf = true, nil
	c.interrupt()
	close(c.closed)
	return nil
}

// fail ends the call for the reader, after what was received; err says why.
func (c *modemConn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.ended {
		return
	}
	c.err = err
	c.interrupt()
}

// interrupt wakes whoever waits. The caller holds c.mu.
func (c *modemConn) interrupt() {
	c.changed()
	_ = c.line.SetWriteDeadline(time.Unix(1, 0)) // fails only when closed, and then nothing waits
}

// release waits until nobody writes to the line. Close or fail was called before.
func (c *modemConn) release() {
	c.writing.Lock()
	defer c.writing.Unlock()
}

// sent returns when everything written has left the modem, as far as is known.
func (c *modemConn) sent() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sentBy
}

// SetDeadline implements net.Conn.
func (c *modemConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *modemConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return net.ErrClosed
	}
	c.readBy = t
	c.changed()
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *modemConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended:
		return net.ErrClosed
	case c.err != nil:
		return nil // Write returns the error
	}
	return c.line.SetWriteDeadline(t)
}
