// Package queue holds what programs do at a port, in order, until the port's reader takes it: bytes, signals, coming and leaving.
// It is for kinds of ports whose system tells these things apart from each other. It does no I/O.
package queue

import (
	"fmt"
	"os"
	"sync"
	"time"

	"meterline/vport"
)

// Piece is one thing that happened on the program's side of a port. V is what the port has of one program's visit: a connection,
// say.
type Piece[V any] struct {
	By     *V // whose it is
	Data   []byte
	Came   bool
	Left   bool
	Signal vport.Signal // if it is nothing of the above
}

// So much may wait to be handed over: programs are read ahead of Receive no further.
const (
	mostBytes  = 64 << 10
	mostPieces = 1024
)

// Queue is what happens on the program's side of a port, in order, until Receive hands it over.
//
// Its mutex guards what the port knows of its program, too, so that both change together. Methods marked so want it held.
type Queue[V any] struct {
	Changes
	ReadAt  time.Time // the deadlines; guarded by the mutex
	WriteAt time.Time

	name     string // of the port
	presence vport.Presence
	flow     sync.Mutex // held while a piece is taken from the queue and handed over; taken before the mutex

	// Guarded by the mutex.
	closed    bool
	failed    error // why nothing more comes
	announced *V    // whose coming has been told, and whose leaving has not
	pieces    []Piece[V]
	bytes     int                // in pieces
	signal    func(vport.Signal) // nil: nobody wants to know
	settings  vport.Settings
}

// New makes the queue of the port called name. presence may be nil.
func New[V any](name string, presence vport.Presence) *Queue[V] {
	if presence == nil {
		presence = func(bool) {}
	}
	return &Queue[V]{name: name, presence: presence}
}

// Receive hands over what programs write, and tells of their coming and leaving and of their signals.
func (q *Queue[V]) Receive(f func([]byte) bool) error {
	for {
		if err := q.await(); err != nil {
			return err
		}
		q.flow.Lock()
		more := q.handOver(f)
		q.flow.Unlock()
		if !more {
			return nil
		}
	}
}

// CatchUp hands over what is in the queue, calls fetch, which puts there what the port has not read yet, and hands that over. It
// returns false if Receive is handing something over or fetch could not look; a nil fetch has nothing to read.
func (q *Queue[V]) CatchUp(f func([]byte) bool, fetch func() bool) bool {
	if !q.flow.TryLock() {
		return false
	}
	defer q.flow.Unlock()
	q.handOverAll(f)
	if fetch == nil {
		return true
	}
	if !fetch() {
		return false
	}
	q.handOverAll(f)
	return true
}

// SetSignal says who is told of signals; nil: nobody.
func (q *Queue[V]) SetSignal(f func(vport.Signal)) {
	q.Lock()
	defer q.Unlock()
	q.signal = f
}

// Settings are those that the present program has set, as of the last signal.
func (q *Queue[V]) Settings() vport.Settings {
	q.Lock()
	defer q.Unlock()
	return q.settings
}

// Put adds what has happened. The caller holds mu.
func (q *Queue[V]) Put(pieces ...Piece[V]) {
	if len(pieces) == 0 {
		return
	}
	for _, p := range pieces {
		q.pieces = append(q.pieces, p)
		q.bytes += len(p.Data)
	}
	q.Wake()
}

// IsFull reports whether the program is to be read no further for the present. The caller holds mu.
func (q *Queue[V]) IsFull() bool { return q.bytes >= mostBytes || len(q.pieces) >= mostPieces }

// Told is the visit whose program Receive has told of, and of whose leaving it has not; nil: there is none. The caller holds mu.
func (q *Queue[V]) Announced() *V { return q.announced }

// Close drops what is in the queue and ends Receive. The caller holds mu.
func (q *Queue[V]) Close() {
	q.closed, q.pieces = true, nil
	q.Wake()
}

// IsClosed reports whether Close was called. The caller holds mu.
func (q *Queue[V]) IsClosed() bool { return q.closed }

// Fail ends Receive with err when what is in the queue has been handed over. The caller holds mu.
func (q *Queue[V]) Fail(err error) {
	q.failed = err
	q.Wake()
}

// Failed is what Fail was called with. The caller holds mu.
func (q *Queue[V]) Failed() error { return q.failed }

// ClosedError is what the methods of a closed port answer with.
func (q *Queue[V]) ClosedError() error { return fmt.Errorf("port %s: %w", q.name, os.ErrClosed) }

// DeadlineError is what they answer with at a deadline.
func (q *Queue[V]) DeadlineError() error {
	return fmt.Errorf("port %s: %w", q.name, os.ErrDeadlineExceeded)
}

// handOverAll hands over what is in the queue. The caller holds flow.
func (q *Queue[V]) handOverAll(f func([]byte) bool) {
	for range mostPieces {
		q.Lock()
		any := len(q.pieces) > 0 && !q.closed
		q.Unlock()
		if !any || !q.handOver(f) {
			return
		}
	}
}

// handOver hands the first piece over, if there is one, and returns false where Receive's function wants no more. The caller holds flow.
func (q *Queue[V]) handOver(f func([]byte) bool) bool {
	p, ok := q.next()
	switch {
	case !ok:
	case p.Came || p.Left:
		q.presence(p.Came)
	case p.Data == nil:
		q.passSignal(p.Signal)
	default:
		return f(p.Data)
	}
	return true
}

func (q *Queue[V]) passSignal(s vport.Signal) {
	q.Lock()
	f := q.signal
	q.Unlock()
	if f != nil {
		f(s)
	}
}

// await waits for a piece in the queue.
func (q *Queue[V]) await() error {
	q.Lock()
	defer q.Unlock()
	for {
		switch {
		case q.closed:
			return q.ClosedError()
		case Expired(q.ReadAt):
			return q.DeadlineError()
		case len(q.pieces) > 0:
			return nil
		case q.failed != nil:
			return q.failed
		}
		q.Wait(q.ReadAt)
	}
}

// next takes the first piece from the queue, if there is one.
func (q *Queue[V]) next() (p Piece[V], ok bool) {
	q.Lock()
	defer q.Unlock()
	if q.closed || len(q.pieces) == 0 {
		return p, false
	}
	p = q.pieces[0]
	q.pieces = q.pieces[1:]
	q.bytes -= len(p.Data)
	q.track(p)
	q.Wake()
	return p, true
}

// note keeps what the piece says of the present program. The caller holds mu.
func (q *Queue[V]) track(p Piece[V]) {
	switch {
	case p.Came:
		q.announced, q.settings = p.By, vport.Settings{}
	case p.Left:
		q.announced, q.settings = nil, vport.Settings{}
	case p.Data == nil && p.Signal.Kind == vport.SignalSettings:
		q.settings = p.Signal.Settings
	}
}
