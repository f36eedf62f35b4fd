package vport

import (
	"errors"
	"os"
	"time"
)

const (
	// replyWithin is how long one reply to a client may take that does not read: what does not go then goes with the next.
	replyWithin = time.Second
	// repliesMax bounds what waits for a client that asks and never reads.
	repliesMax = 16 << 10
)

// Write belongs to the client that is there when it begins: when that leaves in the middle, the rest is not the next one's.
func (p *netPort) Write(b []byte) (n int, err error) {
	c, err := p.joined()
	if err != nil {
		return 0, err
	}
	c.sending.Lock()
	for n < len(b) && err == nil {
		if err = p.willing(c); err == nil {
			var m int
			m, err = c.put(b[n:min(n+chunk, len(b))])
			n += m
		}
	}
	c.sending.Unlock()
	c.flush()
	return n, p.explain(c, err)
}

// joined is the client to write to: one that has been told of and that is still there.
func (p *netPort) joined() (*client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return nil, p.closedError()
	case p.told == nil || p.told.gone:
		return nil, ErrNobody
	case expired(p.writeAt):
		return nil, p.deadlineError()
	}
	return p.told, nil
}

// willing waits while the client has suspended the flow of data.
func (p *netPort) willing(c *client) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c.suspended && !p.closed && !c.gone {
		if expired(p.writeAt) {
			return os.ErrDeadlineExceeded
		}
		p.wait(p.writeAt)
	}
	return nil
}

// explain says why a write ended early.
func (p *netPort) explain(c *client, err error) error {
	if err == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return p.closedError()
	case !c.gone && errors.Is(err, os.ErrDeadlineExceeded):
		return p.deadlineError()
	}
	c.gone = true // its reader learns of it by the closed connection
	_ = c.conn.Close()
	p.change()
	return ErrNobody
}

// put sends b, and tells how many of its bytes have gone. sending is held.
func (c *client) put(b []byte) (n int, err error) {
	if err := c.putCut(); err != nil {
		return 0, err
	}
	c.packet = c.wire.encode(c.packet[:0], b)
	sent, err := c.conn.Write(c.packet)
	if sent == len(c.packet) {
		return len(b), err
	}
	// A byte of which the first half has gone has gone; its second half goes before anything else.
	n, size := len(b), len(c.packet)
	for n > 0 && size > sent {
		n--
		size = len(c.wire.encode(nil, b[:n]))
	}
	if size < sent {
		n++
		size = len(c.wire.encode(nil, b[:n]))
		c.cut = append([]byte(nil), c.packet[sent:size]...)
	}
	return n, err
}

// putCut sends what was cut. sending is held.
func (c *client) putCut() error {
	if len(c.cut) == 0 {
		return nil
	}
	n, err := c.conn.Write(c.cut)
	c.cut = c.cut[n:]
	return err
}

// send sends a reply of the wire: at once if nobody is sending, else behind the write under way, never inside it.
func (c *client) send(reply []byte) {
	if len(reply) == 0 {
		return
	}
	c.port.mu.Lock()
	c.replies = append(c.replies, reply...)
	flood := len(c.replies) > repliesMax
	c.port.mu.Unlock()
	if flood {
		_ = c.conn.Close() // its reader ends by that
		return
	}
	c.flush()
}

// flush sends replies that wait. Whoever has sent looks here after letting go of sending, so that none is forgotten.
func (c *client) flush() {
	for c.sending.TryLock() {
		more := c.reply()
		c.sending.Unlock()
		if !more {
			return
		}
	}
}

// reply sends what waits, and answers false when nothing does, or it has to go on waiting. sending is held.
func (c *client) reply() bool {
	p := c.port
	p.mu.Lock()
	replies := c.replies
	if len(replies) == 0 && len(c.cut) == 0 || c.gone || p.closed {
		p.mu.Unlock()
		return false
	}
	c.replies = nil
	_ = c.conn.SetWriteDeadline(time.Now().Add(replyWithin)) // fails only where the client has gone
	p.mu.Unlock()
	c.cut = append(c.cut, replies...)
	err := c.putCut()
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = c.conn.SetWriteDeadline(p.writeAt)
	return err == nil
}
