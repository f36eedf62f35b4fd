package queue

import (
	"sync"
	"time"
)

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
