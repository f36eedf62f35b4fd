package queue

import (
	"sync"
	"time"
)

// Changes is a mutex, and a way to wait, with a deadline, until something changes that it guards. The zero value is ready.
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

// Wait lets go of the mutex until something changes, or until the time at, which is zero for never. The caller holds the mutex.
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

// Expired reports whether a deadline has gone by; the zero time is none.
func Expired(at time.Time) bool { return !at.IsZero() && !time.Now().Before(at) }
