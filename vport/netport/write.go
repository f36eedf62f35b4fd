package netport

import (
	"errors"
	"os"
	"time"

	"meterline/vport"
	"meterline/vport/queue"
)

const (
	// replyWithin is how long one reply to a client may take that does not read: what does not go then goes with the next.
	replyWithin = time.Second
	// repliesMax is how many bytes of replies may wait for a client that does not read; then it is not read either.
	repliesMax = 16 << 10
	// repliesMost is at what more a client is given up: this much has gathered without its asking.
	repliesMost = 64 << 10
)

// Write belongs to the client that is there when it begins: when that leaves in the middle, the rest is not the next one's.
func (p *port) Write(b []byte) (n int, err error) {
	c, err := p.joined()
	if err != nil {
		return 0, err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	for n < len(b) && err == nil {
		if err = p.willing(c); err == nil {
			var m int
			c.sending.Lock()
			m, err = c.put(b[n:min(n+chunk, len(b))])
			c.sending.Unlock()
			n += m
			_ = c.flush() // what went wrong shows at the next read or write
		}
	}
	return n, p.explain(c, err)
}

// joined is the client to write to: one that has been told of and that is still there.
func (p *port) joined() (*client, error) {
	p.queue.Lock()
	defer p.queue.Unlock()
	switch {
	case p.queue.IsClosed():
		return nil, p.queue.ClosedError()
	case p.queue.Announced() == nil || p.queue.Announced().gone:
		return nil, vport.ErrNobody
	case queue.Expired(p.queue.WriteAt):
		return nil, p.queue.DeadlineError()
	}
	return p.queue.Announced(), nil
}

// willing waits while the client has suspended the flow of data. Replies are sent meanwhile: the client may go on asking.
func (p *port) willing(c *client) error {
	p.queue.Lock()
	defer p.queue.Unlock()
	for c.suspended && !p.queue.IsClosed() && !c.gone {
		if queue.Expired(p.queue.WriteAt) {
			return os.ErrDeadlineExceeded
		}
		p.queue.Wait(p.queue.WriteAt)
	}
	return nil
}

// explain says why a write ended early.
func (p *port) explain(c *client, err error) error {
	if err == nil {
		return nil
	}
	p.queue.Lock()
	defer p.queue.Unlock()
	switch {
	case p.queue.IsClosed():
		return p.queue.ClosedError()
	case !c.gone && errors.Is(err, os.ErrDeadlineExceeded):
		return p.queue.DeadlineError()
	}
	c.gone = true // its reader learns of it by the closed connection
	_ = c.conn.Close()
	p.queue.Wake()
	return vport.ErrNobody
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
	c.port.queue.Lock()
	c.replies = append(c.replies, reply...)
	c.owed += len(reply)
	flood := c.owed > repliesMost
	c.port.queue.Unlock()
	if flood {
		_ = c.conn.Close() // its reader ends by that
		return
	}
	_ = c.flush() // what went wrong shows at the next read
}

// awaitReplies waits while the client does not take the replies to what it asked. Its reader calls this before it reads on, so that
// a client which asks and never reads is stopped by its own connection.
func (c *client) awaitReplies() error {
	p := c.port
	for {
		err := c.flush()
		p.queue.Lock()
		if c.owed <= repliesMax || c.gone || p.queue.IsClosed() {
			p.queue.Unlock()
			return nil
		}
		if err == nil { // somebody else is sending
			p.queue.Wait(time.Now().Add(replyWithin))
		}
		p.queue.Unlock()
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
}

// flush sends replies that wait. Whoever has sent looks here after letting go of sending, so that none is forgotten.
func (c *client) flush() error {
	for c.sending.TryLock() {
		more, err := c.reply()
		c.sending.Unlock()
		if !more {
			return err
		}
	}
	return nil
}

// reply sends what waits. It reports whether there may be more. sending is held.
func (c *client) reply() (more bool, err error) {
	p := c.port
	p.queue.Lock()
	replies := c.replies
	if len(replies) == 0 && len(c.cut) == 0 || c.gone || p.queue.IsClosed() {
		c.owed = len(replies) + len(c.cut) // a write may have sent the rest of a reply
		p.queue.Unlock()
		return false, nil
	}
	c.replies = nil
	_ = c.conn.SetWriteDeadline(time.Now().Add(replyWithin)) // fails only where the client has gone
	p.queue.Unlock()
	c.cut = append(c.cut, replies...)
	err = c.putCut()
	p.queue.Lock()
	defer p.queue.Unlock()
	_ = c.conn.SetWriteDeadline(p.queue.WriteAt)
	c.owed = len(c.replies) + len(c.cut)
	p.queue.Wake()
	return err == nil, err
}
