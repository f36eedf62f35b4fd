package vporttest

import (
	"sync"
	"time"
)

// changes is a mutex, and a way to wait for what it guards to change until some time.
type changes struct {
	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, whenever anything that mu guards changes
}

func newChanges() changes { return changes{changed: make(chan struct{})} }

// change wakes everybody who waits. The caller holds mu.
func (c *changes) change() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// wait lets go of mu until something changes, or until the time at.
func (c *changes) wait(at time.Time) {
	changed := c.changed
	c.mu.Unlock()
	defer c.mu.Lock()
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

func expired(at time.Time) bool { return !at.IsZero() && !time.Now().Before(at) }
