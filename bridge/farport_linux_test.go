package bridge

import (
	"context"
	"net"
	"sync"
	"testing"

	"meterline/vport/rfc2217"
)

// farPort is a terminal server, or, where it does not speak RFC 2217, a modem with an address. It keeps what each connection brought.
type farPort struct {
	ln     net.Listener
	telnet bool
	says   func(conn *farConn) // what it does on a goroutine of its own besides reading; nil: nothing
	hears  func(conn *farConn, data []byte)

	mu      sync.Mutex
	conns   []*farConn
	serving sync.WaitGroup
}

// farConn is one connection with it.
type farConn struct {
	net.Conn
	mu     sync.Mutex // guards server, and sending
	server *rfc2217.Server
	speed  int // of the port, by the reader's knowledge
	got    []byte
}

// newFarPort listens until ctx ends.
func newFarPort(ctx context.Context, t *testing.T, f *farPort) *farPort {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.ln = ln
	f.serving.Go(func() {
		stop := context.AfterFunc(ctx, func() { _ = ln.Close(); f.cut() })
		defer stop()
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			c := &farConn{Conn: conn, server: rfc2217.NewServer("far", 0)}
			f.mu.Lock()
			f.conns = append(f.conns, c)
			f.mu.Unlock()
			f.serving.Go(func() { f.serve(c) })
		}
	})
	t.Cleanup(f.serving.Wait)
	return f
}

func (f *farPort) address() string {
	if f.telnet {
		return "rfc2217://" + f.ln.Addr().String()
	}
	return f.ln.Addr().String()
}

// cut closes all connections.
func (f *farPort) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		_ = c.Close() // it may have ended
	}
}

func (f *farPort) all() []*farConn {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.conns
}

func (f *farPort) serve(c *farConn) {
	defer c.Close()
	if f.telnet {
		_, _ = c.Write(c.server.Start(nil)) // its end shows below
	}
	if f.says != nil && !f.telnet {
		f.serving.Go(func() { f.says(c) })
	}
	for buf := make([]byte, 16<<10); ; {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		f.take(c, buf[:n])
	}
}

// take keeps what came, in order with what was set.
func (f *farPort) take(c *farConn, p []byte) {
	if !f.telnet {
		c.got = append(c.got, p...)
		if f.hears != nil {
			f.hears(c, p)
		}
		return
	}
	c.mu.Lock()
	before := c.server.Settled()
	out := c.server.Decode(p)
	_, _ = c.Write(out.Reply)                           // its end shows at the next read
	if c.server.Settled() && !before && f.says != nil { // before that it would not be known how a CR is sent
		f.serving.Go(func() { f.says(c) })
	}
	c.mu.Unlock()
	for _, piece := range out.Pieces {
		if piece.Data == nil {
			if piece.Event.Kind == rfc2217.Changed {
				c.speed = piece.Event.Settings.Speed
			}
			continue
		}
		c.got = append(c.got, piece.Data...)
		if f.hears != nil {
			f.hears(c, piece.Data)
		}
	}
}

// say sends data.
func (c *farConn) say(telnet bool, p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if telnet {
		p = c.server.AppendData(nil, p)
	}
	_, err := c.Write(p)
	return err
}

// serveUntil runs a bridge until ctx ends or it is stopped, and returns when its ports are there.
func serveUntil(ctx context.Context, cfg Config) (b *Bridge, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ready := make(chan struct{})
	b = New(cfg, Options{Kinds: machinePorts, Ready: func() { close(ready) }})
	var running sync.WaitGroup
	running.Go(func() { _ = b.Run(ctx) }) // which has no error but the state file's
	<-ready
	return b, func() {
		cancel()
		running.Wait()
	}
}
