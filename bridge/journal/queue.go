// Package journal stands between those who log and the log itself: a Queue, so that nobody waits for a log that stalls, and a Limiter,
// which lets repeated records through at a falling rate. It opens no files and formats nothing: that is its handler's work.
//
// The way of a record:
//
//  1. limited.Handle asks Limiter.pass, which lets the record through, or keeps it and drops the one that it kept before.
//  2. handler.Handle copies the record with detach, and Queue.put queues it. Neither waits.
//  3. Queue.Run, on a goroutine of its own, writes it with the handler that New was given.
//  4. If the queue is full, Queue.put drops the record; Queue.tell later writes how many were dropped.
package journal

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// Queue takes entries from any goroutine without making it wait, even under a lock. One goroutine writes them in order. At most 4,096
// entries or 1 MiB wait; a single larger entry is taken all the same. When the queue is full, new entries are dropped and counted
// until half of it is free again. Then one entry says how many were dropped.
type Queue struct {
	next slog.Handler                             // nil in Lines
	told func(ctx context.Context, gap Gap) error // writes how much was dropped

	wake chan struct{} // of capacity 1: wakes Run after a change
	done chan struct{} // closed when Run has returned

	mu      sync.Mutex // held for moments only, never while something is written
	entries []entry
	waiting int // entries that are not written yet, those that Run has taken included
	bytes   int // their size
	closed  bool
	full    bool      // entries are dropped until there is room again
	gap     Gap       // what was dropped, and not reported yet
	dropped int64     // since the start
	begun   time.Time // when the present write began, zero if none is in progress
	failing error     // the error of the last write, nil if it succeeded
	failed  time.Time // when writes began to fail
}

// entry is one record or line.
type entry struct {
	size  int
	write func(ctx context.Context) error
}

// Gap is how much of a log is missing at one place.
type Gap struct {
	Dropped int64
	Since   time.Time // when the first was dropped
}

// newQueue returns a queue that Run serves.
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

// push appends an entry. The caller holds mu.
func (q *Queue) push(e entry) {
	q.entries = append(q.entries, e)
	q.waiting++
	q.bytes += e.size
	q.signal()
}

// drop counts an entry that will not be written. The caller holds mu.
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
				entries[i] = entry{} // frees its memory
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

// take returns the entries that wait or, if there are none, the gap behind them. The gap stays in the queue while writes fail.
func (q *Queue) take() (entries []entry, gap Gap, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	entries, q.entries = q.entries, nil
	if len(entries) == 0 && q.failing == nil {
		gap, q.gap, q.full = q.gap, Gap{}, false
	}
	return entries, gap, q.closed
}

// write writes one entry, and counts it as dropped if that fails.
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

// tell writes how many entries were dropped. If that fails, the gap stays in the queue.
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

// ended records the result of a write. The caller holds mu.
func (q *Queue) ended(err error) {
	if err != nil && q.failing == nil {
		q.failed = time.Now()
	}
	q.begun, q.failing = time.Time{}, err
}

// Close makes the queue drop new entries, and waits until all others are written, but no longer than wait. It reports whether they are.
// If it returns false, Run is still writing, and what it writes to must not be closed.
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

// State is the state of a log.
type State struct {
	Waiting int       // entries not written yet
	Dropped int64     // entries since the start
	Since   time.Time // since when the log has been stalled, dropping or failing; zero if it works
	Err     error     // the error of the last write, nil if it succeeded
}

// State returns the present state.
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

// Lines is a writer that never waits: what is written to it goes to another writer through a queue.
type Lines struct {
	*Queue
	to io.Writer
}

// NewLines returns a queue in front of to, to which only Run's goroutine writes.
func NewLines(to io.Writer) *Lines {
	return &Lines{to: to, Queue: newQueue(func(_ context.Context, gap Gap) error {
		_, err := fmt.Fprintf(to, "meterline: %d lines were dropped here, nobody read them\n", gap.Dropped)
		return err
	})}
}

// Write queues a copy of p, or drops it if the queue is full. It always returns len(p).
func (l *Lines) Write(p []byte) (int, error) {
	own := bytes.Clone(p)
	l.put(len(own), func(context.Context) error {
		_, err := l.to.Write(own)
		return err
	})
	return len(p), nil
}
