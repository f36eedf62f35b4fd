package modem

import (
	"errors"
	"time"

	"meterline/vport"
)

const (
	// Another goroutine may be handing over what the program has written. catchUpEvery is how often we look whether it has
	// finished, catchUpWithin for how long.
	catchUpEvery  = 50 * time.Microsecond
	catchUpWithin = time.Second
)

// handFirst hands over the first piece of p. It returns false if the program has written since frames decided on p: p then answers an
// earlier request, and all of it is dropped. What the program has written and nobody has read yet counts too, so it is read first. A
// repeat of the request that p answers does not count.
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
				d.observer.delivered(p.to, p.pieces[0], n, reason, time.Now())
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

// isFresh reports whether the program has written nothing since frames decided on what is being handed over.
func (d *toProgram) isFresh() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.frames.line.Writes() == d.decided
}

// isWritten notes that the program may have read what is being handed over.
func (d *toProgram) isWritten() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.frames.line.Delivered()
}

// isOutdated reports whether the program has written since frames decided on p. If so, it drops p.
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

// catchUp reads and sends what a's program has written and nobody has read yet, if its port can do that. The caller does not hold mu.
func (c *circuit) catchUp(a *Access) {
	if a.behind != nil && &a.m.Load().circuit == c {
		a.behind.CatchUp()
	}
}

// waitsForRoom reports whether a program's goroutine is waiting for the session to take bytes. That can last for ever.
func (c *circuit) waitsForRoom() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.toModem.queue != nil && c.toModem.queue.waiters.Load() > 0
}

// Catching bounds how long we wait for another goroutine that is handing over what the program has written. The zero value is ready.
type Catching struct{ end time.Time }

// again is Wait, but returns at once the first time.
func (w *Catching) again(c *circuit) bool {
	if w.end.IsZero() {
		w.end = time.Now().Add(catchUpWithin)
		return true
	}
	return w.wait(c)
}

// Wait sleeps a little and returns true. It returns false if waiting makes no sense: the time is over, or the other goroutine itself
// waits for the session to take bytes.
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
