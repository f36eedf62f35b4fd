package relay

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// quietPeriod is how long a fault must stay away to be news again.
const quietPeriod = time.Hour

// thinning lets repeated faults through at a falling rate: the first few of a kind, then the second, fourth, eighth. The
// zero value is ready.
type thinning struct {
	mu    sync.Mutex
	kinds map[string]*repeats // the kinds are few: all of them are written in this package
}

type repeats struct {
	count int64
	last  time.Time
}

// pass counts a fault and tells whether to speak of it; the first few of its kind always.
func (t *thinning) pass(kind string, few int64, now time.Time) (count int64, say bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kinds == nil {
		t.kinds = map[string]*repeats{}
	}
	r := t.kinds[kind]
	if r == nil || now.Sub(r.last) > quietPeriod {
		r = &repeats{}
		t.kinds[kind] = r
	}
	r.count++
	r.last = now
	return r.count, r.count <= few || worthSaying(r.count)
}

// worthSaying picks the powers of two.
func worthSaying(n int64) bool { return n&(n-1) == 0 }

// say logs what was wrong, at a falling rate for each kind of fault.
func (e *Exchange) say(ctx context.Context, level slog.Level, kind string, few int64, msg string, args ...any) {
	n, say := e.logs.pass(kind, few, time.Now())
	if say && e.Log != nil {
		e.Log.Log(ctx, level, msg, append(args, "of_this_kind", n)...)
	}
}
