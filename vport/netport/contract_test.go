package netport_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"meterline/vport"
	"meterline/vport/rfc2217"
	"meterline/vport/vporttest"
)

func TestTCPContract(t *testing.T) {
	t.Parallel()
	vporttest.Exclusive(t, func(t *testing.T, presence vport.Presence) (vport.Port, func() io.ReadWriteCloser) {
		p, at := openNet(t, "tcp://127.0.0.1:0", presence)
		return p, func() io.ReadWriteCloser {
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			return conn
		}
	})
}

func TestRFC2217Contract(t *testing.T) {
	t.Parallel()
	vporttest.Exclusive(t, func(t *testing.T, presence vport.Presence) (vport.Port, func() io.ReadWriteCloser) {
		p, at := openNet(t, "rfc2217://127.0.0.1:0", presence)
		return p, func() io.ReadWriteCloser { return dialTelnet(t, at) }
	})
}

func openNet(t *testing.T, address string, presence vport.Presence) (p vport.Port, at string) {
	t.Helper()
	p, err := kinds(nil).Open(vport.Spec{Address: address}, presence)
	if err != nil {
		t.Fatal(err)
	}
	listener, ok := p.(interface{ Addr() net.Addr })
	if !ok {
		t.Fatal("the port does not say where it listens")
	}
	return p, listener.Addr().String()
}

// telnetProgram is a program that uses a port by RFC 2217.
type telnetProgram struct {
	io.Reader
	conn   net.Conn
	close  func() error
	ended  sync.WaitGroup
	mu     sync.Mutex
	client *rfc2217.Client
	events []rfc2217.Event
}

// dialTelnet connects and negotiates; that may fail, and the program's reads say so.
func dialTelnet(t *testing.T, at string) *telnetProgram {
	t.Helper()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	g := &telnetProgram{Reader: r, conn: conn, client: rfc2217.NewClient()}
	g.close = sync.OnceValue(func() error {
		err := conn.Close()
		_ = r.Close()
		g.ended.Wait()
		return err
	})
	settled := make(chan struct{})
	g.ended.Go(func() { g.listen(w, settled) })
	t.Cleanup(func() { _ = g.close() })
	g.do(g.client.Start)
	<-settled
	return g
}

func (g *telnetProgram) listen(w *io.PipeWriter, settled chan<- struct{}) {
	settle := sync.OnceFunc(func() { close(settled) })
	defer settle()
	buf := make([]byte, 4096)
	for {
		n, err := g.conn.Read(buf)
		if err != nil {
			_ = w.CloseWithError(err)
			return
		}
		g.mu.Lock()
		out := g.client.Decode(buf[:n])
		_, _ = g.conn.Write(out.Reply)
		var data []byte
		for _, p := range out.Pieces {
			if p.Data == nil {
				g.events = append(g.events, p.Event)
			}
			data = append(data, p.Data...)
		}
		if g.client.Settled() || len(data) > 0 { // data comes behind the negotiation, or in place of it
			settle()
		}
		g.mu.Unlock()
		if len(data) > 0 {
			_, _ = w.Write(data)
		}
	}
}

// do sends what a method of the client appends.
func (g *telnetProgram) do(f func([]byte) []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, _ = g.conn.Write(f(nil)) // the reads say that a connection has ended
}

func (g *telnetProgram) Write(p []byte) (int, error) {
	g.mu.Lock()
	wire := g.client.AppendData(nil, p)
	g.mu.Unlock()
	if _, err := g.conn.Write(wire); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (g *telnetProgram) Close() error { return g.close() }
