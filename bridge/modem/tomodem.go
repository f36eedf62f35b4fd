package modem

import (
	"bytes"
	"time"

	"meterline/bridge/status"
)

// putFunc puts b of a on its way to the present session: write, which waits for room, or push, which does not.
type putFunc func(a *Access, b []byte, now time.Time)

// send takes b from a's program: to the session, to what is kept for one, or nowhere. The caller holds mu.
func (c *circuit) send(a *Access, b []byte, now time.Time, put putFunc) {
	if a.clearing { // the program that left has told so behind its last byte: these are the next one's
		a.unclear()
		c.setFarPort()
		c.changed(a)
	}
	switch {
	case c.closed != nil:
		c.refuse(a, b, status.DropGone)
	case !c.acquire(a, now):
		c.refuse(a, b, status.DropHeld)
	case c.session == nil:
		c.keep(a, b, now)
	default:
		c.lease.moved = now
		c.tellLost(a, now)
		c.forward(a, b, now, put)
	}
}

// speak sends b of a if a has the lease and there is a session. The caller holds mu.
func (c *circuit) speak(a *Access, b []byte, now time.Time, put putFunc) {
	if c.closed != nil || c.lease.holder != a || c.session == nil {
		a.client.Dropped(status.DropEnded, len(b))
		return
	}
	c.lease.moved = now
	c.forward(a, b, now, put)
}

// refuse drops b, written by a's program. The caller holds mu.
func (c *circuit) refuse(a *Access, b []byte, reason string) {
	now := time.Now()
	c.drop(a, status.ToModem, b, reason, now)
	c.lost(a, b, now)
}

// forward sends b, written by a, to the present session through what stands between. The caller holds mu.
func (c *circuit) forward(a *Access, b []byte, now time.Time, put putFunc) {
	if !c.frames.on() {
		put(a, b, now)
		return
	}
	c.apply(c.frames.line.FromProgram(b, now), now, put)
}

// write puts b of a on its way to the present session, and waits while the queue is full. The caller holds mu, but for that wait.
func (c *circuit) write(a *Access, b []byte, now time.Time) {
	q := c.queue
	for b = c.try(a, b, now); len(b) > 0; {
		if n := min(q.free(), len(b)); n > 0 {
			q.add(a, b[:n])
			b = b[n:]
			continue
		}
		b = bytes.Clone(b) // whose it is may be used again while the mutex is not held
		reason := q.waitRoom(a)
		if reason == "" && c.lease.holder != a { // another one's bytes may be on their way by now
			reason = status.DropTakenOver
		}
		if reason != "" {
			a.client.Dropped(reason, len(b))
			return
		}
	}
}

// push is write for the modem's own goroutine, which must not wait: it has a single request at most. The caller holds mu.
func (c *circuit) push(a *Access, b []byte, now time.Time) {
	if b = c.try(a, b, now); len(b) > 0 {
		c.queue.add(a, b)
	}
}

// try gives the system what it takes at once, and returns the rest. The caller holds mu.
func (c *circuit) try(a *Access, b []byte, now time.Time) []byte {
	c.wrote(a, b, now)
	rest, err := c.queue.try(b, now)
	if err != nil { // the session's reader learns of its end, too
		a.client.Dropped(status.DropEnded, len(rest))
		return nil
	}
	return rest
}

// sending reports whether bytes of a's program are still on their way. The caller holds mu.
func (c *circuit) sending(a *Access) bool {
	return c.queue.carries(a) || c.lease.holder == a && c.frames.waits()
}

// dropQueue gives up what the system has not taken for the present session. The caller holds mu.
func (c *circuit) dropQueue(reason string) {
	if c.queue != nil {
		c.queue.drop(reason)
	}
}

// keep holds what a program wrote while the session it wants is being got. Only a session on demand has anything kept: under a
// permanent line a request written into an outage has long been given up by the program when the line is back. The caller holds mu.
func (c *circuit) keep(a *Access, b []byte, now time.Time) {
	if !c.cfg.OnOpen {
		c.takeLost(a, now)
		c.abandon() // the next session may bring the answer to what was asked before
		c.refuse(a, b, status.DropNoSession)
		return
	}
	c.tellLost(a, now)
	if c.frames.on() {
		if n := c.frames.line.FinishLost(b, now); n > 0 {
			c.drop(a, status.ToModem, b[:n], status.DropEnded, now)
			b = b[n:]
		}
	}
	c.kept(a, b, now)
	reason, dropped := a.kept.add(b, now)
	a.client.Dropped(reason, dropped)
	if reason == status.DropTooLong {
		c.lost(a, b, now)
	}
	c.wanted()
}

// sendKept sends what the holder's program wrote just before the session came. The caller holds mu.
func (c *circuit) sendKept() {
	a := c.lease.holder
	if a == nil {
		return
	}
	now := time.Now()
	fit, old := a.kept.take(now)
	if len(old) > 0 {
		c.abandon() // likewise
		a.client.Dropped(status.DropTooOld, len(old))
		c.lost(a, old, now)
	}
	if len(fit) > 0 {
		c.lease.moved = now
		c.tellLost(a, now)
		c.forward(a, fit, now, c.write)
	}
	c.clearedIfSent(a)
}
