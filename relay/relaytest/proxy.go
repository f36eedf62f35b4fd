// Package relaytest has what only tests use: a proxy that treats connections as a cellular network does. No package of the
// product imports it.
package relaytest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"meterline/relay/simulated/netem"
)

// Proxy is a TCP proxy that behaves as badly as a cellular network, for tests: it stands between a caller and a target,
// and delays, cuts into pieces, stalls or tears the connections through it. What it moves stays whole and in order.
type Proxy struct {
	target   string
	listener net.Listener

	mu       sync.Mutex
	up, down netem.Faults
	stall    chan struct{} // not nil: nothing moves until it is closed
	pairs    map[*pair]struct{}
}

// pair is one caller with its connection to the target.
type pair struct {
	caller, target net.Conn
	end            context.CancelCauseFunc
}

var errCut = errors.New("connection cut, as told")

// ListenProxy listens at address, such as "127.0.0.1:0", for connections to target. Nothing is accepted before Run. ctx
// is for the name in address alone.
func ListenProxy(ctx context.Context, address, target string) (*Proxy, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("proxy to %s: %w", target, err)
	}
	return &Proxy{target: target, listener: l, pairs: make(map[*pair]struct{})}, nil
}

// Addr is the host:port where callers find it.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// SetFaults says what happens to bytes from now on, from the caller to the target (up) and back (down).
func (p *Proxy) SetFaults(up, down netem.Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up, p.down = up, down
}

// Stall stops all bytes and ends of connections without telling either side, as when a modem hangs. Callers still get
// through as far as the proxy, and the system still answers keepalives and acknowledges what fits into its buffers: a
// network that is gone takes a firewall rule.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stall == nil {
		p.stall = make(chan struct{})
	}
}

// Resume ends a stall; what had been on its way arrives.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stall != nil {
		close(p.stall)
		p.stall = nil
	}
}

// Cut ends every connection with RST on both sides, stalled or not, and says how many there were. What was on its way is
// lost.
func (p *Proxy) Cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pair := range p.pairs {
		pair.end(errCut)
	}
	return len(p.pairs)
}

// Conns is how many callers are joined to the target.
func (p *Proxy) Conns() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pairs)
}
