package vporttest

import (
	"fmt"
	"io"
	"os"
	"time"

	"meterline/vport/queue"
)

// Program is a program that has a Port open. Several may have it open at once; they share what is written to them.
type Program struct {
	port   *Port
	closed bool
	readAt time.Time
}

// Open opens the port as a program does.
func (p *Port) Open() *Program {
	p.mu.Lock()
	if p.programs++; p.programs == 1 {
		p.queue = append(p.queue, piece{open: true})
	}
	p.mu.Wake()
	p.mu.Unlock()
	p.notify()
	return &Program{port: p}
}

// Read waits for bytes. It returns io.EOF when the port has been closed, as a terminal does that was hung up.
func (g *Program) Read(b []byte) (int, error) {
	p := g.port
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case g.closed:
			return 0, os.ErrClosed
		case p.closed:
			return 0, io.EOF
		case queue.Expired(g.readAt):
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case len(p.toward) > 0:
			n := copy(b, p.toward)
			p.toward = p.toward[n:]
			p.mu.Wake()
			return n, nil
		}
		p.mu.Wait(g.readAt)
	}
}

// Write waits while the port's queue is full.
func (g *Program) Write(b []byte) (n int, err error) {
	p := g.port
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case g.closed:
			return n, os.ErrClosed
		case p.closed:
			return n, fmt.Errorf("port %s was hung up: %w", p.address, io.ErrClosedPipe)
		}
		if m := min(len(b)-n, capacity-p.queued); m > 0 {
			p.queue = append(p.queue, piece{bytes: append([]byte(nil), b[n:n+m]...)})
			p.queued += m
			n += m
			p.mu.Wake()
		}
		if n == len(b) {
			return n, nil
		}
		p.mu.Wait(time.Time{})
	}
}

// ReadWaiting returns what waits for the program, and does not wait for more.
func (g *Program) ReadWaiting() string {
	var all []byte
	buf := make([]byte, 4096)
	for {
		if err := g.SetReadDeadline(time.Now().Add(time.Nanosecond)); err != nil {
			return string(all)
		}
		n, err := g.Read(buf)
		all = append(all, buf[:n]...)
		if err != nil {
			return string(all)
		}
	}
}

// SetReadDeadline interrupts Read.
func (g *Program) SetReadDeadline(t time.Time) error {
	g.port.mu.Lock()
	defer g.port.mu.Unlock()
	g.readAt = t
	g.port.mu.Wake()
	return nil
}

// Close leaves the port. At the last close what the programs have not read is gone.
func (g *Program) Close() error {
	p := g.port
	p.mu.Lock()
	if g.closed {
		p.mu.Unlock()
		return os.ErrClosed
	}
	g.closed = true
	if p.programs--; p.programs == 0 && !p.closed {
		p.visit++
		p.toward = nil
		p.queue = append(p.queue, piece{open: false})
	}
	p.mu.Wake()
	p.mu.Unlock()
	p.notify()
	return nil
}
