package modem

import (
	"context"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/status"
)

// A call hangs up whose tail the modem does not take in time: the next call over the same session can be heard.
func TestNextCallAfterATailThatWasGivenUp(t *testing.T) {
	inSeams(t, Config{}, func(r *seamRig) {
		far, ctx := r.callIn(), context.Background()
		first, second := r.client("/t1"), r.client("/t2")
		if err := first.access.Await(ctx); err != nil {
			t.Fatal(err)
		}
		first.access.Speak([]byte("tail"))
		first.access.Clear(ctx)
		synctest.Wait()
		first.wantDropped(t, status.DropLeft, int64(len("tail")))
		if err := second.access.Await(ctx); err != nil {
			t.Fatal(err)
		}
		second.access.Speak([]byte("next"))
		r.wantFar(far, "next")
		second.wantDropped(t, status.DropLeft, 0)
	})
}

// Two goroutines wait for room when their lease is taken over. The room that comes is the new holder's, which waits behind them.
func TestRoomIsForTheNewHolder(t *testing.T) {
	inSeams(t, Config{}, func(r *seamRig) {
		far, old, next := r.callIn(), r.client("/p"), r.client("/q")
		old.write(string(make([]byte, BacklogMax)))
		var writers sync.WaitGroup
		for range 2 {
			writers.Go(func() { old.access.Send([]byte("old")) })
		}
		time.Sleep(time.Minute + time.Millisecond)
		writers.Go(func() { next.access.Send([]byte("next")) })
		synctest.Wait()
		if _, err := io.ReadFull(far, make([]byte, BacklogMax)); err != nil {
			t.Fatal(err)
		}
		r.wantFar(far, "next")
		far.Close()
		writers.Wait()
		old.wantDropped(t, status.DropTakenOver, int64(2*len("old")))
		next.wantDropped(t, status.DropEnded, 0)
	})
}
