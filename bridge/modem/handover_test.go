package modem

import (
	"context"
	"testing"
	"testing/synctest"

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
