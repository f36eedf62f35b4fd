package netport

import (
	"errors"
	"os"
	"time"

	"meterline/vport"
	"meterline/vport/queue"
)

const (
	// replyWithin limits how long a reply to a client that does not read may take. The rest is sent with the next reply.
	replyWithin = time.Second
	// repliesMax is how many bytes of replies may wait for a client that does not read. With more, the client is not read
	// either.
	repliesMax = 16 << 10
	// repliesMost is how many bytes of replies may gather at most, as they do without the client's asking. With more, the
	// client is given up.
	repliesMost = 64 << 10
)

// Write belongs to the client that is there when it begins: when that leaves in the middle, the next one does not get the rest.
func (p *port) Write(b []byte) (n int, err error) {
	c, err := p.presentClient()
	if err != nil {
		return 0, err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	for n < len(b) && err == nil {
		if err = p.awaitWilling(c); err == nil {
			var m int
			c.sending.Lock()
			m, err = c.put(b[n:min(n+chunk, len(b))])
			c.sending.Unlock()
			n += m
			_ = c.flush() // the next read or write shows the error
		}
	}
	return n, p.explain(c, err)
}

// presentClient returns the client to write to: one that was announced and is still there.
func (p *port) presentClient() (*client, error) {
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

// awaitWilling waits while the client has suspended the flow of data. Replies are sent meanwhile, as the client may go on asking.
func (p *port) awaitWilling(c *client) error {
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

// explain returns why a write ended early.
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
	c.gone = true // its reader notices by the closed connection
	_ = c.conn.Close()
	p.queue.Wake()
	return vport.ErrNobody
}

// put sends b, and returns how many of its bytes were sent. The caller holds sending.
func (c *client) put(b []byte) (n int, err error) {
	if err := c.putCut(); err != nil {
		return 0, err
	}
	c.packet = c.wire.encode(c.packet[:0], b)
	sent, err := c.conn.Write(c.packet)
	if sent == len(c.packet) {
		return len(b), err
	}
	// A byte whose first half was sent counts as sent; its second half is sent before anything else.
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

// putCut sends what was cut. The caller holds sending.
func (c *client) putCut() error {
	if len(c.cut) == 0 {
		return nil
	}
	n, err := c.conn.Write(c.cut)
	c.cut = c.cut[n:]
	return err
}

// send sends a reply of the wire: at once if nobody is sending, otherwise after the write in progress, never inside it.
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
		_ = c.conn.Close() // ends its reader
		return
	}
	_ = c.flush() // the next read shows the error
}

// awaitReplies waits while the client does not take the replies to what it asked. Its reader calls this before it reads on. So
// a client that asks and never reads is stopped by its own connection.
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

// flush sends the waiting replies. Everybody who has sent calls it after unlocking sending, so that none is forgotten.
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

// reply sends what waits, and reports whether there may be more. The caller holds sending.
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
	_ = c.conn.SetWriteDeadline(time.Now().Add(replyWithin)) // fails only if the client has gone
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
