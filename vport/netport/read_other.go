//go:build !unix

package netport

// CatchUp passes on what is in the queue: another goroutine reads the client's socket.
func (p *port) CatchUp(f func([]byte) bool) bool { return p.queue.CatchUp(f, nil) }

// read waits for bytes and puts them into the queue.
func (c *client) read(buf []byte) error {
	n, err := c.conn.Read(buf)
	c.inflow.Lock()
	defer c.inflow.Unlock()
	if wrong := c.enqueue(buf[:n]); wrong != nil {
		return wrong
	}
	return err
}
