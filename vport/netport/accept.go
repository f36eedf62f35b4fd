package netport

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"meterline/vport/tcpopt"
)

const (
	// busyFor is how long a client waits for the one before it to leave: programs that close a port and open it again do so at
	// once.
	busyFor = time.Second
	// partingWithin is how long a refused client is still read.
	partingWithin = 300 * time.Millisecond
	// partingMost is how many bytes of it are read.
	partingMost = 64 << 10
	// acceptPause is how long to wait after a fault that passes, such as too many open files.
	acceptPause = 200 * time.Millisecond
	// sendBuffer is how much the system buffers for a client: what is lost when the client dies.
	sendBuffer = 16 << 10
)

// A dead client is noticed within 30 s, whether anything is unacknowledged or not, and then no longer keeps others out.
var keepalive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// accept accepts clients until the port is closed.
func (p *port) accept() {
	for {
		conn, err := p.listener.Accept()
		if err == nil {
			p.admit(conn)
			continue
		}
		select {
		case <-p.done:
			return
		default:
		}
		p.queue.Lock()
		p.refuse("no client can connect for the moment", "err", err)
		p.unlock()
		select {
		case <-p.done:
			return
		case <-time.After(acceptPause):
		}
	}
}

// admit gives the port to a client, or lets it wait, or refuses it.
func (p *port) admit(conn net.Conn) {
	c := &client{port: p, conn: conn, who: conn.RemoteAddr().String(), wire: p.kind.newWire()}
	p.queue.Lock()
	defer p.unlock()
	switch addr := remoteOf(conn); {
	case p.queue.IsClosed():
		_ = conn.Close()
	case !slices.ContainsFunc(p.allow, func(n netip.Prefix) bool { return n.Contains(addr) }):
		c.reset()
		p.refuse("a client is refused: its address is not among those that may connect", "client", c.who)
	case p.client == nil:
		p.begin(c)
	case p.waiting != nil:
		p.busy(c)
	default:
		p.waiting = c
		if p.spec.KickOld {
			p.note(slog.LevelInfo, "a client takes the place of another", "client", c.who, "former", p.client.who)
			p.client.reset()
		}
		c.patience = time.AfterFunc(busyFor, func() { p.outOfPatience(c) })
	}
}

// begin gives the port to c. The caller holds the queue's lock.
func (p *port) begin(c *client) {
	p.client = c
	if tcp, ok := c.conn.(*net.TCPConn); ok { // if the system refuses options because the connection has just died, the first read returns the error
		_ = tcp.SetKeepAliveConfig(keepalive)
		_ = tcp.SetWriteBuffer(sendBuffer)
		_ = tcpopt.SetUserTimeout(tcp, keepalive.Idle+keepalive.Interval*time.Duration(keepalive.Count))
	}
	_ = c.conn.SetWriteDeadline(p.queue.WriteAt)
	p.running.Go(c.serve)
}

// outOfPatience refuses a client that has waited long enough.
func (p *port) outOfPatience(c *client) {
	p.queue.Lock()
	defer p.unlock()
	if p.waiting == c {
		p.waiting = nil
		p.busy(c)
	}
}

// busy refuses a client because another one has the port. The caller holds the queue's lock.
func (p *port) busy(c *client) {
	holder := "another client"
	if p.client != nil {
		holder = p.client.who
	}
	p.refuse("a client is refused: the port is in use", "client", c.who, "in_use_by", holder)
	p.running.Go(func() { c.sayWhy("it is in use by " + holder) })
}

// halfCloser is a connection that can end one direction.
type halfCloser interface{ CloseWrite() error }

// sayWhy tells the client why it is refused, if its protocol has a place for that, and closes. It reads the client for a
// moment, since unread bytes would turn the close into a reset, and the text would be lost.
func (c *client) sayWhy(why string) {
	if c.port.kind.refusal == "" {
		c.reset()
		return
	}
	_ = c.conn.SetDeadline(time.Now().Add(partingWithin)) // if this or what follows fails, the client has gone
	_, _ = fmt.Fprintf(c.conn, c.port.kind.refusal, why)
	if half, ok := c.conn.(halfCloser); ok {
		_ = half.CloseWrite()
	}
	_, _ = io.CopyN(io.Discard, c.conn, partingMost)
	_ = c.conn.Close()
}

// reset closes with RST, so that the client knows at once.
func (c *client) reset() {
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.conn.Close()
}

// note keeps a record until the queue is unlocked, as a log may block. The caller holds the queue's lock.
func (p *port) note(level slog.Level, text string, args ...any) {
	p.notes = append(p.notes, func() { p.log.Log(context.Background(), level, text, args...) })
}

// refuse notes that somebody cannot have the port. Clients can cause that again and again, so the log's handler must limit such
// records. The caller holds the queue's lock.
func (p *port) refuse(text string, args ...any) { p.note(slog.LevelWarn, text, args...) }

// unlock unlocks the queue, and writes the notes to the log.
func (p *port) unlock() {
	notes := p.notes
	p.notes = nil
	p.queue.Unlock()
	for _, log := range notes {
		log()
	}
}

// Networks returns networks in the form of Spec.Allow.
func Networks(prefixes []netip.Prefix) string {
	all := make([]string, len(prefixes))
	for i, p := range prefixes {
		all[i] = p.String()
	}
	return strings.Join(all, " ")
}

// loopback is who may connect if Spec.Allow is empty.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// networks reads Spec.Allow.
func networks(allow string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for text := range strings.FieldsSeq(allow) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("networks that may connect: %w", err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return loopback, nil
	}
	return all, nil
}

// remoteOf returns a connection's far address, the zero address if it has none.
func remoteOf(conn net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
