// Package netport makes the ports over the network: listening TCP sockets that one client at a time has open, for raw bytes or
// for RFC 2217. How RFC 2217 is written on the wire is package rfc2217's. Modems that call in are package relay's.
//
// A byte from the client:
//
//  1. client.read reads it, and client.enqueue has the wire take it apart by client.decode.
//  2. client.push puts the pieces into the queue.
//  3. port.Receive passes them to its function.
//
// A byte to the client: port.Write finds the client by port.presentClient and waits by port.awaitWilling while it wants no data;
// client.put sends the bytes as the wire encodes them.
package netport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"meterline/vport"
	"meterline/vport/queue"
)

// port is a port over the network: a listening TCP socket. A connected client is a program that has the port open. There is
// one at a time; a second one is refused, unless the spec says that it replaces the first.
//
//	          its end, or it speaks another language
//	   ┌──────────────────────────────────────────────┐
//	arriving ── it speaks the port's language ──► there ──► gone
//	   ▲
//	waiting ── the one before has gone ── (busyFor has passed: refused)
//
// What clients write and do is in one queue with their coming and leaving, so that Receive passes all of it on in order.
// Three goroutines meet here: accept, which accepts clients; one for each client, which reads it; and the caller of Receive,
// which alone calls presence, Receive's function and the signal function.
type port struct {
	spec     vport.Spec
	kind     kind
	allow    []netip.Prefix
	listener net.Listener
	log      *slog.Logger
	done     chan struct{}  // closed by Close
	running  sync.WaitGroup // accept and the clients; none of them calls functions from outside

	queue   *queue.Queue[client]
	client  *client  // arriving or there, nil if there is nobody
	waiting *client  // wants the port as soon as client has gone
	notes   []func() // records to be logged once the queue is unlocked
	carrier bool
	ring    bool
}

// kind is what distinguishes one kind of network port from another.
type kind struct {
	scheme  string
	newWire func() wire
	dress   func(*port) vport.Port
	refusal string // what a refused client is told; %s is the reason; empty: it is reset
	log     *slog.Logger
}

// piece is one thing that happened on a client's side.
type piece = queue.Piece[client]

var errNoPort = errors.New(`want host:port behind the scheme, like "tcp://127.0.0.1:4001"`)

// hostPort returns what to listen at.
func (k kind) hostPort(address string) (string, error) {
	rest := strings.TrimPrefix(address, k.scheme)
	if _, port, err := net.SplitHostPort(rest); err != nil || port == "" {
		return "", errNoPort
	}
	return rest, nil
}

// newKind returns the kind with a log; nil: nothing is logged.
func (k kind) newKind(log *slog.Logger) vport.Kind {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	k.log = log
	return k
}

func (k kind) Match(address string) bool { return strings.HasPrefix(address, k.scheme) }

// listen makes the listener for spec.
func (k kind) listen(spec vport.Spec) (net.Listener, []netip.Prefix, error) {
	allow, err := networks(spec.Allow)
	if err != nil {
		return nil, nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	at, err := k.hostPort(spec.Address)
	if err != nil {
		return nil, nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	config := net.ListenConfig{KeepAlive: -1} // set for each client
	ln, err := config.Listen(context.Background(), "tcp", at)
	switch {
	case addressInUse(err):
		return nil, nil, fmt.Errorf("port %s: %w (%w)", spec.Address, vport.ErrInUse, err)
	case err != nil:
		return nil, nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	return ln, allow, nil
}

// addressInUse reports whether somebody already listens there.
func addressInUse(err error) bool {
	const wsaeAddrInUse = syscall.Errno(10048) // Windows' error; no errno elsewhere
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaeAddrInUse)
}

// Check listens for a moment.
func (k kind) Check(spec vport.Spec) error {
	ln, _, err := k.listen(spec)
	if err != nil {
		return err
	}
	return ln.Close()
}

// Open listens where spec says.
func (k kind) Open(spec vport.Spec, presence vport.Presence) (vport.Port, error) {
	ln, allow, err := k.listen(spec)
	if err != nil {
		return nil, err
	}
	p := &port{
		spec: spec, kind: k, allow: allow, listener: ln, log: k.log.With("port", spec.Address),
		done: make(chan struct{}), queue: queue.New[client](spec.Address, presence),
	}
	p.running.Go(p.accept)
	return k.dress(p), nil
}

func (p *port) String() string { return p.spec.Address }

// Receive passes on what clients write, and reports their coming and leaving and their signals.
func (p *port) Receive(f func([]byte) bool) error { return p.queue.Receive(f) }

// Addr returns where it listens.
func (p *port) Addr() net.Addr { return p.listener.Addr() }

// Present reports whether a client is connected.
func (p *port) Present() bool {
	p.queue.Lock()
	defer p.queue.Unlock()
	return !p.queue.IsClosed() && p.client != nil && p.client.there
}

// Programs returns the client, by its address.
func (p *port) Programs() []vport.Program {
	p.queue.Lock()
	defer p.queue.Unlock()
	if p.client == nil || !p.client.there {
		return nil
	}
	return []vport.Program{{Name: p.client.who}}
}

// SetReadDeadline interrupts Receive.
func (p *port) SetReadDeadline(t time.Time) error {
	p.queue.Lock()
	defer p.queue.Unlock()
	if p.queue.IsClosed() {
		return p.queue.ClosedError()
	}
	p.queue.ReadAt = t
	p.queue.Wake()
	return nil
}

// SetWriteDeadline interrupts Write.
func (p *port) SetWriteDeadline(t time.Time) error {
	p.queue.Lock()
	defer p.queue.Unlock()
	if p.queue.IsClosed() {
		return p.queue.ClosedError()
	}
	p.queue.WriteAt = t
	if p.client != nil {
		_ = p.client.conn.SetWriteDeadline(t) // fails only if the client has gone
	}
	p.queue.Wake()
	return nil
}

// Close closes the connections and waits until nothing of the port runs any more, except a Receive or Write in progress.
func (p *port) Close() error {
	p.queue.Lock()
	if p.queue.IsClosed() {
		p.queue.Unlock()
		return nil
	}
	p.queue.Close()
	close(p.done)
	for _, c := range []*client{p.client, p.waiting} {
		if c != nil {
			_ = c.conn.Close() // the connection is of no further use
		}
	}
	if p.waiting != nil {
		p.waiting.patience.Stop()
	}
	p.client, p.waiting = nil, nil
	p.queue.Unlock()
	err := p.listener.Close()
	p.running.Wait()
	return err
}
