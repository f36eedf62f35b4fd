package relaytest

import (
	"bytes"
	"net"
	"sync"
)

// Memory is a network in memory, for tests on the clock of synctest. As over TCP, nobody waits until his bytes are read. It is the
// listener of those who are called, who see callers from 127.0.0.1.
type Memory struct {
	calls chan net.Conn
	done  chan struct{}
	group sync.WaitGroup
	once  sync.Once
	mu    sync.Mutex
	ends  []net.Conn
}

// NewMemory returns a network on which nobody has called. Close ends it.
func NewMemory() *Memory {
	return &Memory{calls: make(chan net.Conn), done: make(chan struct{})}
}

// Dial calls, and returns the caller's end. It waits until the call is accepted.
func (m *Memory) Dial() (net.Conn, error) {
	near, a := net.Pipe()
	far, b := net.Pipe()
	select {
	case m.calls <- local{near}:
	case <-m.done:
		return nil, net.ErrClosed
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ends = append(m.ends, near, far, a, b)
	m.carry(a, b)
	m.carry(b, a)
	return far, nil
}

// carry takes bytes from one end to the other until either is closed.
func (m *Memory) carry(to, from net.Conn) {
	under := make(chan []byte, 1<<12) // pieces on their way; a full one brakes, as TCP does
	m.group.Go(func() {
		defer close(under)
		for buf := make([]byte, 4096); ; {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			under <- bytes.Clone(buf[:n])
		}
	})
	m.group.Go(func() {
		for p := range under {
			_, _ = to.Write(p) // fails behind the end
		}
		_ = to.Close()
	})
}

// Accept returns the next call.
func (m *Memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.calls:
		return conn, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

// Addr is of the loopback.
func (m *Memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// Close ends all calls, and calling. It may be called again.
func (m *Memory) Close() error {
	m.once.Do(func() { close(m.done) })
	return nil
}

// HangUp ends all calls, and returns when nothing is under way any more.
func (m *Memory) HangUp() {
	_ = m.Close()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, conn := range m.ends {
		_ = conn.Close()
	}
	m.group.Wait()
}

// local is a connection that comes from the loopback.
type local struct{ net.Conn }

func (local) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }
