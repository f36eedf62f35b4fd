package modem

import (
	"bytes"
	"time"

	"meterline/bridge/status"
)

// putFunc puts b of a on its way to the present session: write, which waits for room, or push, which does not.
type putFunc func(a *Access, b []byte, now time.Time)

// toModem is the direction from the program to the modem. It is guarded by the modem's mutex.
type toModem struct {
	*circuit
	queue *sendQueue // toward the present session
}

// send takes b from a's program: to the session, to what is kept for one, or nowhere. The caller holds mu.
func (t *toModem) send(a *Access, b []byte, now time.Time, put putFunc) {
	if a.clearing { // the program that left has told so behind its last byte: these are the next one's
		a.unclear()
		t.setFarPort()
		t.changed(a)
	}
	switch {
	case t.closed != nil:
		t.refuse(a, b, status.DropGone)
	case !t.acquire(a, now):
		t.refuse(a, b, status.DropHeld)
	case t.session == nil:
		t.keep(a, b, now)
	default:
		t.lease.moved = now
		t.tellLost(a, now)
		t.forward(a, b, now, put)
	}
}

// speak sends b of a, and returns false where a does not have the lease or there is no session. The caller holds mu.
func (t *toModem) speak(a *Access, b []byte, now time.Time, put putFunc) bool {
	if t.closed != nil || t.lease.holder != a || t.session == nil {
		a.client.Dropped(status.DropEnded, len(b))
		return false
	}
	t.lease.moved = now
	t.forward(a, b, now, put)
	return true
}

// refuse drops b, written by a's program. The caller holds mu.
func (t *toModem) refuse(a *Access, b []byte, reason string) {
	now := time.Now()
	t.observer.drop(a, status.ToModem, b, reason, now)
	t.lost(a, b, now)
}

// forward sends b, written by a, to the present session through what stands between. The caller holds mu.
func (t *toModem) forward(a *Access, b []byte, now time.Time, put putFunc) {
	if !t.frames.on() {
		put(a, b, now)
		return
	}
	t.apply(t.frames.line.FromProgram(b, now), now, put)
}

// flush sends what is held of h's unfinished request.
func (t *toModem) flush(h *Access) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.frames.on() && t.lease.holder == h && t.session != nil {
		now := time.Now()
		t.apply(t.frames.line.Flush(now), now, t.write)
	}
}

// write puts b of a on its way to the present session, and waits while the queue is full. The caller holds mu, but for that wait.
func (t *toModem) write(a *Access, b []byte, now time.Time) {
	q := t.queue
	for b = t.try(a, b, now); len(b) > 0; {
		if n := min(q.free(), len(b)); n > 0 {
			q.add(a, b[:n])
			b = b[n:]
			continue
		}
		b = bytes.Clone(b) // whose it is may be used again while the mutex is not held
		reason := q.waitRoom(a)
		if reason == "" && t.lease.holder != a { // another one's bytes may be on their way by now
			reason = status.DropTakenOver
		}
		if reason != "" {
			a.client.Dropped(reason, len(b))
			return
		}
	}
}

// push is write for the modem's own goroutine, which must not wait: it has a single request at most. The caller holds mu.
func (t *toModem) push(a *Access, b []byte, now time.Time) {
	if b = t.try(a, b, now); len(b) > 0 {
		t.queue.add(a, b)
	}
}

// try gives the system what it takes at once, and returns the rest. The caller holds mu.
func (t *toModem) try(a *Access, b []byte, now time.Time) []byte {
	t.observer.showWritten(a, b, now)
	rest, err := t.queue.try(b, now)
	if err != nil { // the session's reader learns of its end, too
		a.client.Dropped(status.DropEnded, len(rest))
		return nil
	}
	return rest
}

// sending reports whether bytes of a's program are still on their way. The caller holds mu.
func (t *toModem) sending(a *Access) bool {
	return t.queue.carries(a) || t.lease.holder == a && t.frames.waits()
}

// dropQueue gives up what the system has not taken for the present session. The caller holds mu.
func (t *toModem) dropQueue(reason string) {
	if t.queue != nil {
		t.queue.drop(reason)
	}
}

// keep holds what a program wrote while the session it wants is being got. Only a session on demand has anything kept: under a
// permanent line a request written into an outage has long been given up by the program when the line is back. The caller holds mu.
func (t *toModem) keep(a *Access, b []byte, now time.Time) {
	if !t.cfg.OnOpen {
		t.takeLost(a, now)
		t.abandon() // the next session may bring the answer to what was asked before
		t.refuse(a, b, status.DropNoSession)
		return
	}
	t.tellLost(a, now)
	if t.frames.on() {
		if n := t.frames.line.FinishLost(b, now); n > 0 {
			t.observer.drop(a, status.ToModem, b[:n], status.DropEnded, now)
			b = b[n:]
		}
	}
	t.observer.showKept(a, b, now)
	reason, dropped := a.kept.add(b, now)
	a.client.Dropped(reason, dropped)
	if reason == status.DropTooLong {
		t.lost(a, b, now)
	}
	t.wanted()
}

// sendKept sends what the holder's program wrote just before the session came. The caller holds mu.
func (t *toModem) sendKept() {
	a := t.lease.holder
	if a == nil {
		return
	}
	now := time.Now()
	fit, old := a.kept.take(now)
	if len(old) > 0 {
		t.abandon() // likewise
		a.client.Dropped(status.DropTooOld, len(old))
		t.lost(a, old, now)
	}
	if len(fit) > 0 {
		t.lease.moved = now
		t.tellLost(a, now)
		t.forward(a, fit, now, t.write)
	}
	t.clearedIfSent(a)
}
