package dialer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
	"meterline/vport/rfc2217"
)

// Port is an open port from which a call is made. Closing it hangs up.
type Port interface {
	io.ReadWriteCloser
	SetDeadline(t time.Time) error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

const (
	schemeTCP     = "tcp://"
	schemeRFC2217 = "rfc2217://"
	reachWithin   = 10 * time.Second // for connecting to a port over the network
	greetWithin   = 3 * time.Second  // for its answers to Telnet options
)

// openPort opens a serial port of this machine, or one over the network.
func openPort(ctx context.Context, path string) (Port, error) {
	if at, ok := strings.CutPrefix(path, schemeTCP); ok {
		return reachPort(ctx, path, at)
	}
	if at, ok := strings.CutPrefix(path, schemeRFC2217); ok {
		conn, err := reachPort(ctx, path, at)
		if err != nil {
			return nil, err
		}
		c := &telnetConn{Conn: conn, client: rfc2217.NewClient()}
		if err := c.greet(); err != nil {
			return nil, errors.Join(fmt.Errorf("port %s: %w", path, err), conn.Close())
		}
		return c, nil
	}
	if strings.Contains(path, "://") {
		return nil, exit.UsageError(fmt.Errorf("port %s: write a path, tcp://host:port or rfc2217://host:port", path))
	}
	return OpenSerial(path)
}

func reachPort(ctx context.Context, path, at string) (net.Conn, error) {
	if _, port, err := net.SplitHostPort(at); err != nil || port == "" {
		return nil, exit.UsageError(fmt.Errorf("port %s: write host:port behind the scheme, like tcp://127.0.0.1:4021", path))
	}
	dialer := net.Dialer{Timeout: reachWithin}
	conn, err := dialer.DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("port %s: %w: is the daemon running, and is this machine among those that it allows?", path, err)
	}
	return conn, nil
}

// telnetConn is a connection to a port by RFC 2217. Read and Write transfer the port's bytes.
type telnetConn struct {
	net.Conn
	mu     sync.Mutex // guards client: one goroutine may read while another writes
	client *rfc2217.Client
	early  []byte // decoded, and not read yet; used by the reader only
}

// greet negotiates the Telnet options. It keeps data that comes meanwhile.
func (c *telnetConn) greet() error {
	if err := c.SetDeadline(time.Now().Add(greetWithin)); err != nil {
		return err
	}
	if _, err := c.Conn.Write(c.client.Start(nil)); err != nil {
		return err
	}
	for !c.client.Settled() && len(c.early) < 64<<10 {
		err := c.more()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return fmt.Errorf("we were refused (it may be a tcp:// port, or another program has it): %s%w", c.words(), err)
		}
	}
	if !c.client.Spoken() {
		return errors.New("it does not speak Telnet (RFC 2217): write tcp:// in place of rfc2217://")
	}
	return c.SetDeadline(time.Time{})
}

// words returns the beginning of what the far end has sent so far, for an error.
func (c *telnetConn) words() string {
	const most = 200
	text := render.Printable(string(c.early[:min(len(c.early), most)]))
	if len(c.early) > most {
		text += "… "
	}
	return text
}

// more reads once, and answers Telnet options.
func (c *telnetConn) more() error {
	buf := make([]byte, 4096)
	n, err := c.Conn.Read(buf)
	c.mu.Lock()
	out := c.client.Decode(buf[:n])
	for _, piece := range out.Pieces {
		c.early = append(c.early, piece.Data...)
	}
	reply := append([]byte(nil), out.Reply...)
	c.mu.Unlock()
	if len(reply) > 0 {
		if _, werr := c.Conn.Write(reply); werr != nil {
			return werr
		}
	}
	if n > 0 {
		return nil // the next read returns the error again
	}
	return err
}

func (c *telnetConn) Read(p []byte) (int, error) {
	for len(c.early) == 0 {
		if err := c.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.early)
	c.early = c.early[n:]
	return n, nil
}

func (c *telnetConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	wire := c.client.AppendData(nil, p)
	c.mu.Unlock()
	if _, err := c.Conn.Write(wire); err != nil {
		return 0, err
	}
	return len(p), nil
}
