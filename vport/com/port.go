// Package com makes the COM ports of Windows: a program opens one end of a pair that the null-modem driver com0com makes, and a
// port here has the other one open. It makes no pairs, and the driver's protocol is package com0com's.
//
// A byte from the program:
//
//  1. port.read reads the driver, and port.streamed or port.plain separates bytes from news.
//  2. sense.data makes a piece of them, and port.record puts it into the queue.
//  3. port.Receive passes it to its function.
//
// A byte to the program: port.Write checks by port.mayWrite that its program is still there, and port.put writes to the driver.
package com

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"meterline/vport"
	"meterline/vport/com0com"
	"meterline/vport/queue"
)

// End is our end of a pair of COM ports. What a program writes to the other one is read here, and the other way round.
type End struct {
	Bytes
	Device
}

// Bytes is what passes through an end. Read is called by one goroutine, Write by one at a time, the others by any.
type Bytes interface {
	// Read waits for bytes. It returns 0 after each burst, when the lines may have changed, and when nothing has happened for
	// some time.
	Read(p []byte) (int, error)
	// Write waits while the other end does not take p, and returns how much it took. After half a second it may return less
	// than p without an error; after Interrupt it does so at once.
	Write(p []byte) (int, error)
	// Interrupt with true ends a Write in progress, and lets none begin until Interrupt with false.
	Interrupt(on bool)
	// Purge drops what has been written and not been taken.
	Purge() error
	// Close ends Read and Write, and lets the other end see DTR and RTS off.
	Close() error
}

// Device is what an end's driver reports and does besides passing bytes. Its methods are called by any goroutine.
type Device interface {
	// Pending returns how many bytes are there to be read.
	Pending() (int, error)
	// Status returns the modem lines, an error if the driver does not report them.
	Status() (com0com.Lines, error)
	// Control calls DeviceIoControl.
	Control(code uint32, in, out []byte) (int, error)
	// Patient lets Read wait for bytes only: all other news comes among them.
	Patient() error
}

// port is a COM port: the program opens one end of a pair that a null-modem driver makes, and we have the other one open.
//
//	program ⇄ COM12 ⇄ the driver ⇄ CNCB12 ⇄ port
//
// Two goroutines meet here. One runs read, which takes apart what comes from the driver and puts it into the queue. The other
// calls Receive; only it calls presence, Receive's function and the signal function.
type port struct {
	spec    vport.Spec
	end     End
	log     *slog.Logger
	running sync.WaitGroup // read
	stream  *com0com.Stream
	blind   bool // the driver reports nothing: somebody always counts as there
	behind  bool // read has let the driver wait, whose buffer may have become full

	writing sync.Mutex // held by whoever writes, and while written bytes are being dropped
	pins    outputs

	queue   *queue.Queue[visit]
	sense   sense
	stuck   bool        // read waits for room in the queue
	visit   *visit      // of the program that is there; nil: nobody is
	lapse   *time.Timer // ends a visit that only bytes have shown
	lapseAt time.Time   // the visit does not end before this
}

// visit is the time between a program's opening the port and its leaving.
type visit struct{ gone bool }

// lapseAfter is how long a program that only bytes have shown counts as there. Such a program keeps DTR off, where the pair is
// not wired to show more.
const lapseAfter = time.Minute

// New makes a COM port over our end of a pair. The port closes it. log may be nil, and must not block.
func New(spec vport.Spec, end End, log *slog.Logger, presence vport.Presence) (vport.Port, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	p := &port{
		spec: spec, end: end, log: log.With("port", spec.Address), queue: queue.New[visit](spec.Address, presence),
	}
	p.lapse = time.AfterFunc(lapseAfter, p.lapsed)
	p.lapse.Stop()
	if err := p.begin(); err != nil {
		p.lapse.Stop()
		_ = end.Close() // the first error counts
		return nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	p.running.Go(p.read)
	return p, nil
}

func (p *port) String() string { return p.spec.Address }

// Receive passes on what programs write, and reports their coming and leaving and their signals.
func (p *port) Receive(f func([]byte) bool) error { return p.queue.Receive(f) }

// CatchUp passes on what is in the queue: another goroutine reads the driver.
func (p *port) CatchUp(f func([]byte) bool) bool { return p.queue.CatchUp(f, nil) }

// Present reports whether a program has the port open.
func (p *port) Present() bool {
	p.queue.Lock()
	defer p.queue.Unlock()
	return !p.queue.IsClosed() && p.queue.Failed() == nil && p.visit != nil
}

// Programs returns a program without a name: the driver does not know more.
func (p *port) Programs() []vport.Program {
	switch {
	case !p.Present():
		return nil
	case p.blind:
		return []vport.Program{{Name: "not told by the driver"}}
	}
	return []vport.Program{{Name: "a program"}}
}

// SetReadDeadline interrupts Receive.
func (p *port) SetReadDeadline(t time.Time) error { return p.setDeadline(&p.queue.ReadAt, t) }

// SetWriteDeadline interrupts Write.
func (p *port) SetWriteDeadline(t time.Time) error { return p.setDeadline(&p.queue.WriteAt, t) }

func (p *port) setDeadline(at *time.Time, t time.Time) error {
	p.queue.Lock()
	defer p.queue.Unlock()
	if p.queue.IsClosed() {
		return p.queue.ClosedError()
	}
	*at = t
	p.end.Interrupt(true) // a Write in progress must look at the new deadline
	p.queue.Wake()
	return nil
}

// Close closes our end of the pair, and waits until nothing of the port runs any more, except a Receive in progress. The
// program sees the modem lines go off; its own end remains.
func (p *port) Close() error {
	p.queue.Lock()
	if p.queue.IsClosed() {
		p.queue.Unlock()
		return nil
	}
	p.queue.Close()
	p.visit = nil
	p.lapse.Stop()
	p.end.Interrupt(true)
	p.queue.Unlock()
	p.pins.close(p)
	err := p.end.Close()
	p.running.Wait()
	if err != nil {
		return fmt.Errorf("port %s: %w", p.spec.Address, err)
	}
	return nil
}
