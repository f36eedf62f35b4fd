// Package vporttest has a vport.Port in memory, for tests of what uses ports, and the Contract that every kind of port must
// fulfil. It is for tests only.
//
// Program.Write puts bytes into the Port's queue, and Port.Receive passes them on; Port.Write passes bytes to Program.Read.
package vporttest

import (
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"meterline/vport"
	"meterline/vport/queue"
)

// capacity is what a port buffers in each direction, about as much as a Linux pseudo-terminal.
const capacity = 16 << 10

// Port is a vport.Port in memory. It waits on channels and timers only, so that it works inside a synctest bubble. Open is the
// program's side.
type Port struct {
	address  string
	presence vport.Presence

	flow    sync.Mutex // held while a piece is taken from the queue and passed on
	telling sync.Mutex // held while presence runs; locked before mu

	mu        queue.Changes
	spec      vport.Spec
	closed    bool
	programs  int
	visit     int     // counts last closes
	queue     []piece // from the program, in order
	queued    int     // bytes in queue
	handing   bool    // Receive's function is running with a piece
	told      bool
	toward    []byte // bytes for the program
	keeps     bool   // programs leave with HUPCL cleared
	suspended bool   // see Suspend
	readAt    time.Time
	writeAt   time.Time
}

// piece is bytes that a program wrote, or the news that it came or left.
type piece struct {
	bytes []byte
	open  bool
}

// New makes a port that nobody has open. presence may be nil.
func New(address string, presence vport.Presence) *Port {
	if presence == nil {
		presence = func(bool) {}
	}
	return &Port{address: address, presence: presence}
}

func (p *Port) String() string { return p.address }

// Present reports whether a program has the port open.
func (p *Port) Present() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.programs > 0 && !p.closed
}

// HangsUp reports whether a program that leaves wants its call hung up, see SetHUPCL.
func (p *Port) HangsUp() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.keeps
}

// SetHUPCL sets the flag, as stty hupcl and stty -hupcl do; it is set at first.
func (p *Port) SetHUPCL(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keeps = !on
}

// Receive passes what programs write to f.
func (p *Port) Receive(f func([]byte) bool) error {
	for {
		p.notify()
		if err := p.await(); err != nil {
			return err
		}
		p.flow.Lock()
		more, _ := p.handOver(f)
		p.flow.Unlock()
		if !more {
			p.notify()
			return nil
		}
	}
}

// Suspend with true keeps Receive from taking anything until Suspend with false, like a machine that is too busy to schedule it.
func (p *Port) Suspend(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.suspended = on
	p.mu.Wake()
}

// CatchUp passes on what is in the queue.
func (p *Port) CatchUp(f func([]byte) bool) bool {
	if !p.flow.TryLock() {
		return false
	}
	defer p.flow.Unlock()
	for {
		p.notify()
		if more, any := p.handOver(f); !more || !any {
			return true
		}
	}
}

// handOver passes on the first piece in the queue, if that is bytes. The caller holds flow.
func (p *Port) handOver(f func([]byte) bool) (more, any bool) {
	p.mu.Lock()
	if p.closed || len(p.queue) == 0 || p.queue[0].bytes == nil {
		p.mu.Unlock()
		return true, false
	}
	bytes := p.queue[0].bytes
	p.queue = p.queue[1:]
	p.queued -= len(bytes)
	p.handing = true
	p.mu.Wake()
	p.mu.Unlock()
	more = f(bytes)
	p.mu.Lock()
	p.handing = false
	p.mu.Wake()
	p.mu.Unlock()
	return more, true
}

// await waits until the first piece in the queue is bytes.
func (p *Port) await() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.closed:
			return p.closedError()
		case queue.Expired(p.readAt):
			return p.deadlineError()
		case p.suspended:
		case len(p.queue) > 0 && p.queue[0].bytes == nil:
			p.mu.Unlock()
			p.notify()
			p.mu.Lock()
			continue
		case len(p.queue) > 0:
			return nil
		}
		p.mu.Wait(p.readAt)
	}
}

// Write passes b to the program.
func (p *Port) Write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for visit := p.visit; ; {
		switch {
		case p.closed:
			return n, p.closedError()
		case p.visit != visit || !p.joined():
			return n, vport.ErrNobody
		case queue.Expired(p.writeAt):
			return n, p.deadlineError()
		}
		m := min(len(b)-n, capacity-len(p.toward))
		p.toward = append(p.toward, b[n:n+m]...)
		n += m
		p.mu.Wake()
		if n == len(b) {
			return n, nil
		}
		p.mu.Wait(p.writeAt)
	}
}

// joined reports whether the announced program is there. The caller holds mu.
func (p *Port) joined() bool {
	news := slices.ContainsFunc(p.queue, func(q piece) bool { return q.bytes == nil })
	return p.programs > 0 && p.told && !news
}

// SetReadDeadline interrupts Receive.
func (p *Port) SetReadDeadline(t time.Time) error { return p.setDeadline(&p.readAt, t) }

// SetWriteDeadline interrupts Write.
func (p *Port) SetWriteDeadline(t time.Time) error { return p.setDeadline(&p.writeAt, t) }

func (p *Port) setDeadline(at *time.Time, t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return p.closedError()
	}
	*at = t
	p.mu.Wake()
	return nil
}

// Close hangs up on the programs that have the port open.
func (p *Port) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.queue = nil
	p.mu.Wake()
	return nil
}

// notify calls presence for the news at the front of the queue, in one goroutine at a time.
func (p *Port) notify() {
	p.telling.Lock()
	defer p.telling.Unlock()
	for {
		p.mu.Lock()
		if p.closed || p.handing || len(p.queue) == 0 || p.queue[0].bytes != nil {
			p.mu.Unlock()
			return
		}
		open := p.queue[0].open
		p.queue = p.queue[1:]
		p.told = open
		p.mu.Wake()
		p.mu.Unlock()
		p.presence(open)
	}
}

func (p *Port) closedError() error { return fmt.Errorf("port %s: %w", p.address, os.ErrClosed) }

func (p *Port) deadlineError() error {
	return fmt.Errorf("port %s: %w", p.address, os.ErrDeadlineExceeded)
}

var _ interface {
	vport.Port
	io.Writer
} = (*Port)(nil)
