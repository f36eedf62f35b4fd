//go:build !unix

package vport

// read waits for bytes and puts them into the queue.
func (c *client) read(buf []byte) error {
	n, err := c.conn.Read(buf)
	c.inflow.Lock()
	defer c.inflow.Unlock()
	if wrong := c.bring(buf[:n]); wrong != nil {
		return wrong
	}
	return err
}
