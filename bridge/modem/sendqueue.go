package modem

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"meterline/bridge/monitor"
	"meterline/bridge/status"
	"meterline/relay"
	"meterline/vport"
)

// BacklogMax bounds what was read from the program and not yet taken by the system for the modem.
const BacklogMax = 64 << 10

// betweenMax bounds what waits to be done between the bytes; whoever wants more waits, as with bytes.
const betweenMax = 64

// sendQueue is the way into one session. What the system does not take at once waits here, so that the program's port is read
// promptly even while the modem is slow: what a program drains and then flushes would be lost otherwise. It is guarded by the modem's
// mutex.
type sendQueue struct {
	mu      *monitor.Monitor
	s       *relay.Session
	tasks   *sync.WaitGroup
	sent    *observer
	drained func(owner *Access) // called when nothing waits any more; the caller holds mu

	backlog  []byte
	between  []betweenBytes // what is to happen in between
	owner    *Access        // whose bytes they are
	flying   int            // bytes that the draining goroutine is writing
	draining bool           // a goroutine is writing them
	isCut    bool           // the session has a write deadline, because the time of a program that left is over
	closed   bool           // another session has taken this one's place, or the modem's life ends
	endWith  error          // the session is to end when all is sent, and why

	room    chan struct{} // capacity 1: some of the backlog has gone, or the queue is closed
	left    time.Time     // since when a program that waits for room is known to have gone; zero: it is there
	waiters atomic.Int32  // programs' goroutines that wait for room
}

// betweenBytes is something to be done to a session in order with the bytes: behind so many of those that wait now.
type betweenBytes struct {
	behind int
	do     func(*relay.Session) error
	failed func()         // called if that could not be sent; the caller holds mu
	want   vport.Settings // the settings that it gives the far port, zero if it does something else
}

// busy reports whether bytes are still on their way. A nil queue has none.
func (q *sendQueue) busy() bool { return q != nil && (q.draining || len(q.backlog) > 0) }

// carries reports whether bytes of a are still on their way.
func (q *sendQueue) carries(a *Access) bool { return q.busy() && q.owner == a }

// signal wakes whoever waits for room.
func (q *sendQueue) signal() {
	select {
	case q.room <- struct{}{}:
	default: // one signal is enough
	}
}

// close tells whoever waits for room that there will be none.
func (q *sendQueue) close() {
	q.closed = true
	q.signal()
}

// cut ends a write in progress of a program that left. The session takes bytes again when drain has counted what is lost.
func (q *sendQueue) cut() {
	q.isCut = true
	_ = q.s.SetWriteDeadline(time.Now()) // it may have ended meanwhile
}

// try gives the system what it takes of b at once, if nothing waits before it. It returns the rest, and whether the session has
// ended. The caller holds mu.
func (q *sendQueue) try(b []byte, now time.Time) (rest []byte, err error) {
	if q.busy() {
		return b, nil
	}
	n, err := q.s.TryWrite(b)
	q.sent.countSent(now, n)
	return b[n:], err
}

// free is how many bytes there is room for. The caller holds mu.
func (q *sendQueue) free() int { return BacklogMax - len(q.backlog) - q.flying }

// add puts b of a behind what waits. The caller holds mu.
func (q *sendQueue) add(a *Access, b []byte) {
	q.backlog, q.owner = append(q.backlog, b...), a
	q.startDrain()
}

// perform has something done when all that has been written before has been sent. It may wait: the queue's own goroutine does it. The
// caller holds mu.
func (q *sendQueue) perform(what betweenBytes) {
	what.behind = len(q.backlog)
	q.between = append(q.between, what)
	q.startDrain()
}

func (q *sendQueue) startDrain() {
	if !q.draining {
		q.draining = true
		q.tasks.Go(q.drain)
	}
}

// drain writes the backlog until it is empty or the session ends.
func (q *sendQueue) drain() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.backlog) > 0 || len(q.between) > 0 {
		if chunk, next := q.next(); next != nil {
			q.performNow(next)
		} else {
			q.write(chunk)
		}
	}
	q.draining = false
	if q.isCut { // perhaps too late to have been noticed
		q.isCut = false
		_ = q.s.SetWriteDeadline(time.Time{}) // it may have ended meanwhile
	}
	q.drained(q.owner)
	if q.endWith != nil && !q.closed {
		q.s.End(q.endWith)
	}
}

// write writes chunk, and gives up what waits behind it if that fails. The caller holds mu, but for the writing.
func (q *sendQueue) write(chunk []byte) {
	q.flying = len(chunk)
	owner := q.owner // who has the lease next may write meanwhile
	q.mu.Unlock()
	n, err := q.s.Write(chunk)
	q.mu.Lock()
	q.flying = 0
	q.sent.countSent(time.Now(), n)
	q.signal()
	if err == nil {
		return
	}
	reason := status.DropEnded
	if errors.Is(err, os.ErrDeadlineExceeded) { // the time of a program that left is over
		reason = status.DropLeft
	}
	owner.client.Dropped(reason, len(chunk)-n)
	if n := q.giveUp(); n > 0 {
		q.owner.client.Dropped(reason, n)
	}
}

// performNow does what is due between the bytes. The caller holds mu, but for the doing.
func (q *sendQueue) performNow(what *betweenBytes) {
	q.mu.Unlock()
	err := what.do(q.s)
	q.mu.Lock()
	if err != nil && !q.closed && what.failed != nil {
		what.failed()
	}
	q.signal()
}

// next is what may be written before something else is to happen, or what is to happen now. The caller holds mu.
func (q *sendQueue) next() (chunk []byte, due *betweenBytes) {
	if len(q.between) == 0 {
		chunk, q.backlog = q.backlog, nil
		return chunk, nil
	}
	n := q.between[0].behind
	if n == 0 {
		due = &q.between[0]
		q.between = q.between[1:]
		return nil, due
	}
	chunk, q.backlog = q.backlog[:n:n], q.backlog[n:]
	for i := range q.between {
		q.between[i].behind -= n
	}
	return chunk, nil
}

// giveUp drops the bytes that wait, and returns how many. What is to happen in between still does, since whoever has the modem next
// relies on it. The caller holds mu.
func (q *sendQueue) giveUp() int {
	n := len(q.backlog)
	q.backlog = nil
	for i := range q.between {
		q.between[i].behind = 0
	}
	return n
}

// drop gives up what the system has not taken, and counts it. The caller holds mu.
func (q *sendQueue) drop(reason string) {
	if n := q.giveUp(); n > 0 {
		q.owner.client.Dropped(reason, n)
	}
	q.signal()
}

// waitRoom waits until there is room for bytes of a, and returns why there will be none, if so. The caller holds mu, but for the wait.
func (q *sendQueue) waitRoom(a *Access) (reason string) {
	q.waiters.Add(1)
	defer q.waiters.Add(-1)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !q.outOfTime(a) {
		q.mu.Unlock()
		roomy := false
		select {
		case <-q.room:
			roomy = true
		case <-tick.C:
		}
		q.mu.Lock()
		switch {
		case roomy && q.closed:
			q.signal() // others may wait, too
			return status.DropEnded
		case roomy:
			return ""
		}
	}
	return status.DropLeft
}

// outOfTime reports whether a's program has left so long ago that the rest of its bytes is given up. The time counts from its leaving
// and not anew for each piece. The caller holds mu.
func (q *sendQueue) outOfTime(a *Access) bool {
	switch {
	case a.client.Present():
		q.left = time.Time{}
	case q.left.IsZero():
		q.left = time.Now()
	}
	return !q.left.IsZero() && time.Since(q.left) >= deliverWithin
}
