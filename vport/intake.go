package vport

import (
	"fmt"
	"os"
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
		q, err := p.next()
		switch {
		case err != nil:
			return err
		case q.came || q.left:
			p.presence(q.came)
		case q.data == nil:
			p.tell(q.signal)
		case !f(q.data):
			return nil
		}
	}
}

func (p *intake[V]) tell(s Signal) {
	p.mu.Lock()
	f := p.signal
	p.mu.Unlock()
	if f != nil {
		f(s)
	}
}

// next waits for the next piece.
func (p *intake[V]) next() (piece[V], error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.closed:
			return piece[V]{}, p.closedError()
		case expired(p.readAt):
			return piece[V]{}, p.deadlineError()
		case len(p.queue) > 0:
			q := p.queue[0]
			p.queue = p.queue[1:]
			p.queued -= len(q.data)
			p.note(q)
			p.change()
			return q, nil
		case p.failed != nil:
			return piece[V]{}, p.failed
		}
		p.wait(p.readAt)
	}
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
