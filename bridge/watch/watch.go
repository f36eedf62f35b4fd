// Package watch shows operators what passes, as it passes. What they watch never waits for them: one who is too slow misses pieces, and
// is told how many.
package watch

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"meterline/bridge/status"
)

// depth is how many pieces a watcher may be behind before it misses some.
const depth = 256

// Watchers are those who watch one modem or exchange. The zero value is none.
type Watchers struct {
	count atomic.Int32
	mu    sync.Mutex
	all   []*watcher
}

// watcher is somebody who watches. It is guarded by the mutex of Watchers.
type watcher struct {
	port   string // only what passes this port; empty: everything
	pieces chan status.Traffic
	lost   int // pieces that it has missed
}

// Any reports whether anybody watches.
func (w *Watchers) Any() bool { return w.count.Load() > 0 }

// Show shows a copy of t to whoever watches, or watches its port. It never waits.
func (w *Watchers) Show(t status.Traffic) {
	if !w.Any() || len(t.Data) == 0 && t.Note == "" {
		return
	}
	t.Data = slices.Clone(t.Data)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.all {
		if one.port == "" || t.Port == "" || one.port == t.Port {
			one.show(t)
		}
	}
}

// Watch gives f what passes a port, or everything if port is empty, until ctx ends or what is watched ends. It reports whether the
// latter is the case.
func (w *Watchers) Watch(ctx context.Context, port string, ended <-chan struct{}, f func(status.Traffic)) (over bool) {
	one := &watcher{port: port, pieces: make(chan status.Traffic, depth)}
	w.mu.Lock()
	w.all = append(w.all, one)
	w.count.Add(1)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.all = slices.DeleteFunc(w.all, func(other *watcher) bool { return other == one })
		w.count.Add(-1)
	}()
	for {
		select {
		case t := <-one.pieces:
			f(t)
		case <-ctx.Done():
			return false
		case <-ended:
			return true
		}
	}
}

// show sends t, preceded by a note if pieces were missed.
func (w *watcher) show(t status.Traffic) {
	if w.lost > 0 {
		note := status.Traffic{At: t.At, Note: fmt.Sprintf("%d pieces not shown: the watcher was too slow", w.lost)}
		if !w.trySend(note) {
			w.lost++
			return
		}
		w.lost = 0
	}
	if !w.trySend(t) {
		w.lost++
	}
}

func (w *watcher) trySend(t status.Traffic) bool {
	select {
	case w.pieces <- t:
		return true
	default:
		return false
	}
}
