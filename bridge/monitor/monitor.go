// Package monitor is a mutex whose holder can put work off until it is released: logging and calling other parts, which could
// take long or lock something themselves. It is not a queue between goroutines: the work runs in whoever releases the mutex.
package monitor

import "sync"

// Monitor is such a mutex. The zero value is unlocked.
type Monitor struct {
	mu       sync.Mutex
	deferred []func()
	running  bool // a goroutine is running what was deferred
}

// Lock acquires the mutex.
func (m *Monitor) Lock() { m.mu.Lock() }

// Unlock releases the mutex and runs what was deferred, in order. Only one goroutine does so at a time: a second one leaves its work
// to the first.
func (m *Monitor) Unlock() {
	if m.running || len(m.deferred) == 0 {
		m.mu.Unlock()
		return
	}
	m.running = true
	for len(m.deferred) > 0 {
		work := m.deferred
		m.deferred = nil
		m.mu.Unlock()
		for _, f := range work {
			f()
		}
		m.mu.Lock()
	}
	m.running = false
	m.mu.Unlock()
}

// Defer has f run once the mutex is released, behind all that was deferred before. The caller holds the mutex.
func (m *Monitor) Defer(f func()) { m.deferred = append(m.deferred, f) }
