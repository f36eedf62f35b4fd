package bridge

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

// lag is by how much the machine lets this process wait, at the longest so far. What a test allows for bytes that are on their way it
// allows on an idle machine; on a busy one each hand that they go through may be late by so much.
type lag struct{ most atomic.Int64 }

// hops is how many goroutines a byte wakes on its way from one end to the other, the ends included.
const hops = 4

// newLag measures until the test ends.
func newLag(t *testing.T) *lag {
	l := new(lag)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			const short = 5 * time.Millisecond
			begun := time.Now()
			pause(ctx, short)
			if late := int64(time.Since(begun) - short); late > l.most.Load() {
				l.most.Store(late)
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return l
}

// allows is what a test allows on this machine where it allows d on an idle one.
func (l *lag) allows(d time.Duration) time.Duration {
	return d + hops*time.Duration(l.most.Load())
}
