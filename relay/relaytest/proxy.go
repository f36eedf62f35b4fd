// Package relaytest has what only tests use: a proxy that treats connections as a cellular network does, and connections that
// fail a test when they do not work. No package of the product imports it. Simulated modems are package simulated's.
//
// Proxy.join connects a caller with the target, and Proxy.move passes on one direction's bytes.
package relaytest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"meterline/relay/simulated/netem"
)

// Proxy is a TCP proxy that behaves as badly as a cellular network. It is between a caller and a target, and delays, cuts into
// pieces, stalls or tears the connections through it. What it moves stays whole and in order.
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

// ListenProxy listens at address, such as "127.0.0.1:0", for connections to target. Nothing is accepted before Run. ctx is for
// resolving a name in address only.
func ListenProxy(ctx context.Context, address, target string) (*Proxy, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("proxy to %s: %w", target, err)
	}
	return &Proxy{target: target, listener: l, pairs: make(map[*pair]struct{})}, nil
}

// Addr returns the host:port where callers find it.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// SetFaults sets what happens to bytes from now on, from the caller to the target (up) and back (down).
func (p *Proxy) SetFaults(up, down netem.Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up, p.down = up, down
}

// Stall stops all bytes and ends of connections without telling either side, as when a modem hangs. Callers still reach the
// proxy, and the system still answers keepalives and acknowledges what fits into its buffers. To make a network disappear takes
// a firewall rule.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stall == nil {
		p.stall = make(chan struct{})
	}
}

// Resume ends a stall; what was on its way arrives.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stall != nil {
		close(p.stall)
		p.stall = nil
	}
}

// Cut ends every connection with RST on both sides, stalled or not, and returns how many there were. What was on its way is
// lost.
func (p *Proxy) Cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pair := range p.pairs {
		pair.end(errCut)
	}
	return len(p.pairs)
}

// Conns returns how many callers are connected with the target.
func (p *Proxy) Conns() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pairs)
}

// Run serves until ctx ends. Then it cuts what is left and returns nil when everything is closed, the listener too.
func (p *Proxy) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = p.listener.Close() }) // ends Accept
	defer stop()
	defer func() { _ = p.listener.Close() }() // closes it again where ctx has ended
	var group sync.WaitGroup
	defer group.Wait()
	for {
		caller, err := p.listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = caller.Close() // it came too late
			}
			return nil
		case err != nil:
			return fmt.Errorf("proxy at %s: %w", p.Addr(), err)
		}
		group.Go(func() { p.join(ctx, caller) })
	}
}

// join serves one caller.
func (p *Proxy) join(ctx context.Context, caller net.Conn) {
	var dialer net.Dialer
	target, err := dialer.DialContext(ctx, "tcp", p.target)
	if err != nil {
		netem.Reset(caller)
		return
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	one := &pair{caller, target, end}
	p.mu.Lock()
	p.pairs[one] = struct{}{}
	p.mu.Unlock()
	release := netem.Interrupt(ctx, one.caller, one.target)

	var pumps sync.WaitGroup
	pumps.Go(func() { p.pump(ctx, one, one.target, one.caller) })
	pumps.Go(func() { p.pump(ctx, one, one.caller, one.target) })
	pumps.Wait()
	release()
	p.mu.Lock()
	delete(p.pairs, one)
	p.mu.Unlock()
	if context.Cause(ctx) != nil { // cut, at the end of Run, or a fault of one side that the other must see
		netem.Reset(one.caller)
		netem.Reset(one.target)
	}
	_ = one.caller.Close() // the ends of both streams have been sent
	_ = one.target.Close()
}

// pump moves one direction's bytes. Anything but a clean end of the stream ends the other direction as well.
func (p *Proxy) pump(ctx context.Context, one *pair, dst, src net.Conn) {
	if err := p.move(ctx, dst, src, src == one.caller); err != nil {
		one.end(err)
	}
}

// move holds what it reads until it is due. The end of the stream keeps its place after the bytes.
func (p *Proxy) move(ctx context.Context, dst, src net.Conn, up bool) error {
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	buf := make([]byte, 16<<10)
	var out netem.Outbox
	ended := false
	for {
		if err := p.whileStalled(ctx); err != nil {
			return err
		}
		if piece := out.Take(time.Now()); piece != nil {
			if _, err := dst.Write(piece); err != nil {
				return err
			}
			continue
		}
		switch {
		case ended && out.Empty():
			return closeWrite(dst)
		case ended || out.Full():
			if err := netem.SleepUntil(ctx, out.Next()); err != nil {
				return err
			}
			continue
		}
		n, err := netem.ReadUntil(ctx, src, buf, out.Next())
		if n > 0 {
			p.faults(up).Schedule(&out, buf[:n], time.Now(), random)
		}
		if ended = errors.Is(err, io.EOF); err != nil && !ended {
			return err
		}
	}
}

// halfCloser is a connection that can end one direction.
type halfCloser interface{ CloseWrite() error }

// closeWrite sends the end of the stream.
func closeWrite(conn net.Conn) error {
	c, ok := conn.(halfCloser)
	if !ok {
		return fmt.Errorf("connection with %s cannot be closed one way", conn.RemoteAddr())
	}
	return c.CloseWrite()
}

func (p *Proxy) faults(up bool) netem.Faults {
	p.mu.Lock()
	defer p.mu.Unlock()
	if up {
		return p.up
	}
	return p.down
}

// whileStalled returns when bytes may move.
func (p *Proxy) whileStalled(ctx context.Context) error {
	for {
		p.mu.Lock()
		stall := p.stall
		p.mu.Unlock()
		if stall == nil {
			return nil
		}
		select {
		case <-stall:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
