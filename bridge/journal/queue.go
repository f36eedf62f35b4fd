// Package journal stands between those who log and the log itself. A Queue lets nobody wait for a log that stalls; Thin lets
// what repeats through at a falling rate.
package journal

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// How much may wait in a Queue. A status picture is some hundred records; a reload's error with a thousand faults is 200 KB.
const (
	maxEntries = 4096
	maxBytes   = 1 << 20
)

// stalledAfter is how long a single write may take before the log counts as stalled.
const stalledAfter = 5 * time.Second

// Queue takes entries from any goroutine without making it wait, also under a lock, and has one goroutine write them in order.
// At most 4,096 entries and 1 MiB wait, but for an entry that is larger by itself. Of what finds no room the newest is dropped
// and counted, until half of the room is free again; then one entry says how many were dropped.
type Queue struct {
	next slog.Handler                             // nil in Lines
	told func(ctx context.Context, gap Gap) error // writes how much was dropped

	wake chan struct{} // of capacity 1: something has changed for run
	done chan struct{} // closed when run has returned

	mu      sync.Mutex // held for moments only, never while something is written
	entries []entry
	waiting int // entries, with those that run has taken and not written
	bytes   int // of the same
	closed  bool
	full    bool      // entries are dropped until there is room again
	gap     Gap       // what no entry has told of yet
	dropped int64     // since the start
	begun   time.Time // when the present write began, zero: none is under way
	failing error     // of the last write, nil: it succeeded
	failed  time.Time // when writes began to fail
}

// entry is what is written at once.
type entry struct {
	size  int
	write func(ctx context.Context) error
}

// Gap is how much of a log is missing at one place.
type Gap struct {
	Dropped int64
	Since   time.Time // when the first was dropped
}

// newQueue makes a queue; Run serves it.
func newQueue(told func(context.Context, Gap) error) *Queue {
	return &Queue{told: told, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// put queues an entry of size bytes, or drops it. It never waits.
func (q *Queue) put(size int, write func(context.Context) error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.full && (q.waiting > maxEntries/2 || q.bytes > maxBytes/2) || q.closed {
		q.drop()
		return
	}
	q.full = q.waiting >= maxEntries || q.waiting > 0 && q.bytes+size > maxBytes
	if q.full {
		q.drop()
		return
	}
	if gap := q.gap; gap.Dropped > 0 && q.failing == nil {
		q.gap = Gap{}
		q.push(entry{0, func(ctx context.Context) error { return q.told(ctx, gap) }})
	}
	q.push(entry{size, write})
}

// push puts an entry behind the others. The caller holds mu.
func (q *Queue) push(e entry) {
	q.entries = append(q.entries, e)
	q.waiting++
	q.bytes += e.size
	q.signal()
}

// drop counts an entry that is not written. The caller holds mu.
func (q *Queue) drop() {
	if q.gap.Dropped == 0 {
		q.gap.Since = time.Now()
	}
	q.gap.Dropped++
	q.dropped++
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // one signal is enough
	}
}

// Run writes what is queued until Close has been called and all is written; the end of ctx does not end it. It runs once.
func (q *Queue) Run(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	defer close(q.done)
	for {
		entries, gap, closed := q.take()
		switch {
		case len(entries) > 0:
			for i, e := range entries {
				entries[i] = entry{} // it does not count any more
				q.write(ctx, e)
			}
		case gap.Dropped > 0:
			q.tell(ctx, gap)
		case closed:
			return
		default:
			<-q.wake
		}
	}
}

// take is what is to be done next: the entries that wait, else the gap behind them. A gap is left where it is while the log cannot
// be written.
func (q *Queue) take() (entries []entry, gap Gap, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	entries, q.entries = q.entries, nil
	if len(entries) == 0 && q.failing == nil {
		gap, q.gap, q.full = q.gap, Gap{}, false
	}
	return entries, gap, q.closed
}

// write writes one entry, and counts it as dropped where that fails.
func (q *Queue) write(ctx context.Context, e entry) {
	q.begins()
	err := e.write(ctx)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting--
	q.bytes -= e.size
	q.ended(err)
	if err != nil {
		q.drop()
	}
}

// tell writes how much was dropped. The gap stays where that fails.
func (q *Queue) tell(ctx context.Context, gap Gap) {
	q.begins()
	err := q.told(ctx, gap)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended(err)
	if err != nil {
		q.gap = Gap{Dropped: gap.Dropped + q.gap.Dropped, Since: gap.Since}
	}
}

func (q *Queue) begins() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.begun = time.Now()
}

// ended notes what a write has come to. The caller holds mu.
func (q *Queue) ended(err error) {
	if err != nil && q.failing == nil {
		q.failed = time.Now()
	}
	q.begun, q.failing = time.Time{}, err
}

// Close takes no more entries, and waits until all that wait are written, but not longer than wait. It reports whether they are: else
// Run is still at work, and whatever it writes to must be left open.
func (q *Queue) Close(wait time.Duration) bool {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-q.done:
		return true
	case <-t.C:
		return false
	}
}

// State is how a log is getting on.
type State struct {
	Waiting int       // entries not written yet
	Dropped int64     // entries since the start
	Since   time.Time // since when the log has been stalled, dropping or failing; zero: all is well
	Err     error     // what the last write failed with, nil: it did not fail
}

// State is the present one.
func (q *Queue) State() State {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := State{Waiting: q.waiting, Dropped: q.dropped, Err: q.failing}
	switch {
	case q.failing != nil:
		s.Since = q.failed
	case !q.begun.IsZero() && time.Since(q.begun) >= stalledAfter:
		s.Since = q.begun
	case q.full:
		s.Since = q.gap.Since
	}
	return s
}
