// Package queue holds what programs do at a port, in order, until the port's reader takes it: bytes, signals, coming and
// leaving. It is for kinds of ports whose system reports these things separately. It does no I/O: a port's own goroutine reads,
// and Queue.Put puts pieces in. Queue.Receive takes them out again, by Queue.next, and Queue.handOver passes each to whom it
// concerns.
package queue

import (
	"fmt"
	"os"
	"sync"
	"time"

	"meterline/vport"
)

// Piece is one thing that happened on the program's side of a port. V is what the port keeps for one program's visit, such as a
// connection.
type Piece[V any] struct {
	By     *V // the visit that it belongs to
	Data   []byte
	Came   bool
	Left   bool
	Signal vport.Signal // if it is none of the above
}

// The most that may wait in a queue. Programs are read no further ahead of Receive.
const (
	mostBytes  = 64 << 10
	mostPieces = 1024
)

// Queue holds what happens on the program's side of a port, in order, until Receive passes it on.
//
// Its mutex also guards what the port knows of its program, so that both change together.
type Queue[V any] struct {
	Changes
	ReadAt  time.Time // deadlines, guarded by the mutex
	WriteAt time.Time

	name     string // of the port
	presence vport.Presence
	flow     sync.Mutex // held while a piece is taken from the queue and passed on; locked before the mutex

	// Guarded by the mutex.
	closed    bool
	failed    error // why nothing more comes
	announced *V    // the visit whose coming was announced, and whose leaving was not
	pieces    []Piece[V]
	bytes     int                // bytes in pieces
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

// Receive passes on what programs write, and reports their coming and leaving and their signals.
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

// CatchUp passes on what is in the queue. Then it calls fetch, which puts in what the port has not read yet, and passes that
// on. It returns false if Receive is passing something on, or if fetch could not look. A nil fetch has nothing to read.
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

// SetSignal sets the function that gets signals; nil means nobody.
func (q *Queue[V]) SetSignal(f func(vport.Signal)) {
	q.Lock()
	defer q.Unlock()
	q.signal = f
}

// Settings returns what the present program has set, as of the last signal.
func (q *Queue[V]) Settings() vport.Settings {
	q.Lock()
	defer q.Unlock()
	return q.settings
}

// Put adds pieces. The caller holds the mutex.
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

// IsFull reports whether the program must not be read further at present. The caller holds the mutex.
func (q *Queue[V]) IsFull() bool { return q.bytes >= mostBytes || len(q.pieces) >= mostPieces }

// Announced returns the visit whose coming Receive has announced, and whose leaving it has not; nil if there is none. The
// caller holds the mutex.
func (q *Queue[V]) Announced() *V { return q.announced }

// Close drops what is in the queue and ends Receive. The caller holds the mutex.
func (q *Queue[V]) Close() {
	q.closed, q.pieces = true, nil
	q.Wake()
}

// IsClosed reports whether Close was called. The caller holds the mutex.
func (q *Queue[V]) IsClosed() bool { return q.closed }

// Fail ends Receive with err once everything in the queue has been passed on. The caller holds the mutex.
func (q *Queue[V]) Fail(err error) {
	q.failed = err
	q.Wake()
}

// Failed returns the error of Fail. The caller holds the mutex.
func (q *Queue[V]) Failed() error { return q.failed }

// ClosedError returns the error of a closed port's methods.
func (q *Queue[V]) ClosedError() error { return fmt.Errorf("port %s: %w", q.name, os.ErrClosed) }

// DeadlineError returns their error at a deadline.
func (q *Queue[V]) DeadlineError() error {
	return fmt.Errorf("port %s: %w", q.name, os.ErrDeadlineExceeded)
}

// handOverAll passes on everything in the queue. The caller holds flow.
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

// handOver passes the first piece on, if there is one. It returns false if Receive's function wants no more. The caller holds
// flow.
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

// next takes the first piece out of the queue, if there is one.
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

// track keeps what the piece says of the present program. The caller holds the mutex.
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

// Changes is a mutex with a way to wait, with a deadline, until something that it guards changes. The zero value is ready.
type Changes struct {
	sync.Mutex
	changed chan struct{} // closed at the next change; nil: nobody waits for it
}

// Wake wakes everybody who waits. The caller holds the mutex.
func (c *Changes) Wake() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// Wait releases the mutex until something changes, or until the time at; zero means never. The caller holds the mutex.
func (c *Changes) Wait(at time.Time) {
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	changed := c.changed
	c.Unlock()
	defer c.Lock()
	if at.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}

// Expired reports whether a deadline has passed; the zero time never does.
func Expired(at time.Time) bool { return !at.IsZero() && !time.Now().Before(at) }
