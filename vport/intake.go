package vport

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// piece is one thing that happened on the program's side of a port. by is whose it is.
type piece[V any] struct {
	by     *V
	data   []byte
	came   bool
	left   bool
	signal Signal // if it is nothing of the above
}

// intake is what happens on the program's side of a port, in one queue and so in order, until Receive hands it over.
type intake[V any] struct {
	name     string // of the port
	presence Presence
	flow     sync.Mutex // held while a piece is taken from the queue and handed over; taken before mu

	changes
	closed   bool
	failed   error // why nothing more comes
	told     *V    // whose coming has been told, and whose leaving has not
	queue    []piece[V]
	queued   int // bytes in it
	readAt   time.Time
	writeAt  time.Time
	signal   func(Signal) // nil: nobody wants to know
	settings Settings
}

func newIntake[V any](name string, presence Presence) intake[V] {
	return intake[V]{name: name, presence: presence, changes: newChanges()}
}

// Receive hands over what programs write, and tells of their coming and leaving and of their signals.
func (p *intake[V]) Receive(f func([]byte) bool) error {
	for {
		if err := p.await(); err != nil {
			return err
		}
		p.flow.Lock()
		more := p.handOver(f)
		p.flow.Unlock()
		if !more {
			return nil
		}
	}
}

// CatchUp hands over what is in the queue.
func (p *intake[V]) CatchUp(f func([]byte) bool) bool {
	if !p.flow.TryLock() {
		return false
	}
	defer p.flow.Unlock()
	p.handOverAll(f)
	return true
}

// handOverAll hands over what is in the queue. flow is held.
func (p *intake[V]) handOverAll(f func([]byte) bool) {
	for range piecesMax {
		p.mu.Lock()
		any := len(p.queue) > 0 && !p.closed
		p.mu.Unlock()
		if !any || !p.handOver(f) {
			return
		}
	}
}

// handOver hands the first piece over, if there is one, and returns false where Receive's function wants no more. flow is held.
func (p *intake[V]) handOver(f func([]byte) bool) bool {
	q, ok := p.next()
	switch {
	case !ok:
	case q.came || q.left:
		p.presence(q.came)
	case q.data == nil:
		p.tell(q.signal)
	default:
		return f(q.data)
	}
	return true
}

func (p *intake[V]) tell(s Signal) {
	p.mu.Lock()
	f := p.signal
	p.mu.Unlock()
	if f != nil {
		f(s)
	}
}

// await waits for a piece in the queue.
func (p *intake[V]) await() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.closed:
			return p.closedError()
		case expired(p.readAt):
			return p.deadlineError()
		case len(p.queue) > 0:
			return nil
		case p.failed != nil:
			return p.failed
		}
		p.wait(p.readAt)
	}
}

// next takes the first piece from the queue, if there is one.
func (p *intake[V]) next() (q piece[V], ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.queue) == 0 {
		return q, false
	}
	q = p.queue[0]
	p.queue = p.queue[1:]
	p.queued -= len(q.data)
	p.note(q)
	p.change()
	return q, true
}

// note keeps what the piece says of the present program. mu is held.
func (p *intake[V]) note(q piece[V]) {
	switch {
	case q.came:
		p.told, p.settings = q.by, Settings{}
	case q.left:
		p.told, p.settings = nil, Settings{}
	case q.data == nil && q.signal.Kind == SignalSettings:
		p.settings = q.signal.Settings
	}
}

func (p *intake[V]) closedError() error { return fmt.Errorf("port %s: %w", p.name, os.ErrClosed) }

func (p *intake[V]) deadlineError() error {
	return fmt.Errorf("port %s: %w", p.name, os.ErrDeadlineExceeded)
}
