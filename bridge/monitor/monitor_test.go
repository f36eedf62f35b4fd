package monitor

import (
	"slices"
	"sync"
	"testing"
)

// What was deferred runs in order, without the mutex, and what that defers in turn runs behind it.
func TestDeferredRunsUnlocked(t *testing.T) {
	var m Monitor
	var got []int
	m.Lock()
	m.Defer(func() {
		m.Lock() // would deadlock if it were held
		got = append(got, 1)
		m.Defer(func() { got = append(got, 3) })
		m.Unlock()
	})
	m.Defer(func() { got = append(got, 2) })
	if got != nil {
		t.Error("deferred work ran under the mutex")
	}
	m.Unlock()
	if want := []int{1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
}

// A goroutine that is stuck in deferred work keeps nobody else from the mutex, and does the work of the others when it goes on.
func TestSecondCallerDoesNotWait(t *testing.T) {
	var m Monitor
	stuck, release := make(chan struct{}), make(chan struct{})
	var first sync.WaitGroup
	first.Go(func() {
		m.Lock()
		m.Defer(func() { close(stuck); <-release })
		m.Unlock()
	})
	<-stuck
	ran := make(chan struct{})
	m.Lock()
	m.Defer(func() { close(ran) })
	m.Unlock()
	select {
	case <-ran:
		t.Error("work overtook what was deferred before it")
	default:
	}
	close(release)
	first.Wait()
	<-ran
}
