package modem

import (
	"errors"
	"time"

	"meterline/vport"
)

const (
	// catchUpEvery and catchUpWithin are how often and for how long the goroutine is waited for that is just handing over
	// what the program has written.
	catchUpEvery  = 50 * time.Microsecond
	catchUpWithin = time.Second
)

// handFirst hands over the first piece of p, unless the program has written since that was decided: then all of p answers what the
// program asked before, and is dropped. What counts is what the program has written, not what of it this process has noticed: it is
// read at once. A repeat of the very request that is answered does not count.
func (d *toProgram) handFirst(p parcel) bool {
	if !d.frames.guarded || p.to == nil {
		d.handPiece(p.to, p.pieces[0])
		return true
	}
	d.decided = p.writes
	if p.to.behind != nil {
		for w := (Catching{}); ; {
			n, reason, err := p.to.behind.DeliverUnread(p.pieces[0], d.isFreshFunc, d.isWrittenFunc)
			switch {
			case err == nil:
				d.mu.Lock()
				d.delivered(p.to, p.pieces[0], n, reason, time.Now())
				d.mu.Unlock()
				return true
			case d.isOutdated(p):
				return false
			}
			if !errors.Is(err, vport.ErrUnread) || !w.again(d.circuit) {
				break
			}
		}
	} else if d.isOutdated(p) {
		return false
	}
	d.isWritten()
	d.handPiece(p.to, p.pieces[0])
	return true
}

// isFresh reports whether the program has written nothing since what is being handed over was decided.
func (d *toProgram) isFresh() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.frames.line.Writes() == d.decided
}

// isWritten notes that the program may have what was to be handed over.
func (d *toProgram) isWritten() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.frames.line.Delivered()
}

// isOutdated reports whether the program has written since p was decided. It drops p then.
func (d *toProgram) isOutdated(p parcel) bool {
	d.catchUp(p.to)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.frames.line.Writes() == p.writes {
		return false
	}
	d.frames.line.Delivered()
	now := time.Now()
	for _, piece := range p.pieces {
		d.dropFramed(p.to, d.frames.line.Recall(piece), now)
	}
	return true
}

// catchUp sends what a's program has written and nobody has read yet, where that can be done. The mutex is not held.
func (c *circuit) catchUp(a *Access) {
	if a.behind != nil && &a.m.Load().circuit == c {
		a.behind.CatchUp(a)
	}
}

// waitsForRoom reports whether a program's goroutine waits for the session to take bytes, as it may for ever.
func (c *circuit) waitsForRoom() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.toModem.queue != nil && c.toModem.queue.waiters.Load() > 0
}

// Catching is the time for which another goroutine is waited for that is just handing bytes over.
type Catching struct{ end time.Time }

// again is Wait, but for the first time.
func (w *Catching) again(c *circuit) bool {
	if w.end.IsZero() {
		w.end = time.Now().Add(catchUpWithin)
		return true
	}
	return w.wait(c)
}

// Wait waits a little, and returns false when that makes no sense: the other goroutine waits itself for the session to take the
// bytes, as it may for ever, or it has been waited for long enough.
func (w *Catching) Wait(a *Access) bool { return w.wait(&a.m.Load().circuit) }

func (w *Catching) wait(c *circuit) bool {
	now := time.Now()
	switch {
	case w.end.IsZero():
		w.end = now.Add(catchUpWithin)
	case c.waitsForRoom() || now.After(w.end):
		return false
	}
	time.Sleep(catchUpEvery)
	return true
}
