package watch

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/status"
)

// A watcher that is too slow misses pieces, is told how many, and holds nobody up.
func TestSlowWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Watchers
		w.Show(status.Traffic{Note: "nobody watches"})
		var seen []string
		hold, ctx := make(chan bool), t.Context()
		ctx, cancel := context.WithCancel(ctx)
		over := make(chan bool, 1)
		go func() {
			over <- w.Watch(ctx, "", nil, func(p status.Traffic) { seen = append(seen, p.Note); <-hold })
		}()
		synctest.Wait()
		for i := range depth + 11 { // one is shown, and depth wait
			w.Show(status.Traffic{At: time.Now(), Note: strconv.Itoa(i)})
			synctest.Wait()
		}
		close(hold)
		synctest.Wait()
		w.Show(status.Traffic{Note: "last"})
		synctest.Wait()
		cancel()
		if <-over {
			t.Error("its end was that of what it watched")
		}
		if n := len(seen); n != depth+3 || seen[n-2] != "10 pieces not shown: the watcher was too slow" || seen[n-1] != "last" {
			t.Errorf("%d pieces, the last %q", n, seen[max(n-3, 0):])
		}
		if w.Any() {
			t.Error("nobody watches any more")
		}
	})
}

func TestWatchOfAPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Watchers
		var seen strings.Builder
		ended, over := make(chan struct{}), make(chan bool, 1)
		go func() {
			over <- w.Watch(t.Context(), "a", ended, func(p status.Traffic) { seen.Write(p.Data) })
		}()
		synctest.Wait()
		piece := []byte("1")
		w.Show(status.Traffic{Port: "a", Data: piece})
		piece[0] = 'x' // it is the caller's again
		w.Show(status.Traffic{Port: "b", Data: []byte("2")})
		w.Show(status.Traffic{Data: []byte("3")})
		w.Show(status.Traffic{Port: "a"}) // says nothing
		synctest.Wait()
		close(ended)
		if !<-over || seen.String() != "13" {
			t.Errorf("seen %q", seen.String())
		}
	})
}
