package modem

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/status"
	"meterline/relay"
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

// endedContext is a context that ends at the first look, after f.
type endedContext struct {
	context.Context //nolint:containedctx // it is one
	f               func()
}

func (c endedContext) Err() error {
	c.f()
	return context.Canceled
}

// A session comes at the very end of a modem's life. Its client sees it end, and what rings for it stops.
func TestSessionAtTheEndOfALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(Config{Name: "m", Ring: "phones"}, nil, slog.New(slog.DiscardHandler), new(ledger.Account))
		ringer := &fakeRinger{ring: func() bool { return true }}
		m.Ringing().Use(func(string) []Ringer { return []Ringer{ringer} })
		p := &lookingClient{fakeClient: &fakeClient{name: "/p"}}
		p.access = NewPortAccess(m, p, true)
		m.SetPorts([]*Access{p.access})
		ours, theirs := net.Pipe()
		defer theirs.Close()
		s := relay.NewSession(ours, relay.Link{}, nil, nil)
		m.Run(endedContext{context.Background(), sync.OnceFunc(func() {
			if err := m.Answer(s, TakeoverNewest); err != nil {
				t.Error(err)
			}
		})})
		if s.Cause() == nil {
			t.Error("the session has not ended")
		}
		if last := p.last.Load(); last.Session {
			t.Errorf("the client sees %+v last", *last)
		}
		if ringer.stopped != 1 {
			t.Errorf("the ringing was stopped %d times, want 1", ringer.stopped)
		}
	})
}

// A call waits for a session; its lease is taken over and given back before it looks again. It goes on waiting.
func TestLeaseTakenOverForAMoment(t *testing.T) {
	inSeams(t, Config{}, func(r *seamRig) {
		call, port := r.client("/t1"), r.client("/p")
		answered := make(chan error, 1)
		go func() { answered <- call.access.Await(context.Background()) }()
		time.Sleep(time.Minute + awaitEvery/2)
		port.write("request")
		port.access.Left()
		time.Sleep(2 * awaitEvery)
		r.callIn()
		time.Sleep(awaitEvery)
		if err := <-answered; err != nil {
			t.Error(err)
		}
	})
}

// The lease is taken over while bytes are being written, and then the session ends: each client counts its own.
func TestBytesAreCountedWhereTheyCameFrom(t *testing.T) {
	inSeams(t, Config{}, func(r *seamRig) {
		far, old, next := r.callIn(), r.client("/p"), r.client("/q")
		old.write("of the old one")
		time.Sleep(time.Minute)
		next.write("of the next")
		far.Close()
		synctest.Wait()
		old.wantDropped(t, status.DropEnded, int64(len("of the old one")))
		next.wantDropped(t, status.DropEnded, int64(len("of the next")))
	})
}

// What a program wrote while its modem was called in vain goes with its lease: it is counted, and nobody calls the modem for it any more.
func TestKeptBytesGoWithTheLease(t *testing.T) {
	inSeams(t, Config{OnOpen: true}, func(r *seamRig) {
		old, next := r.client("/p"), r.client("/q")
		r.SetPorts([]*Access{old.access, next.access})
		old.write("request")
		time.Sleep(time.Minute)
		next.write("other")
		old.wantDropped(t, status.DropTakenOver, int64(len("request")))
		old.access.Left()
		next.access.Left()
		time.Sleep(2 * deliverWithin)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.demand.isWanted() {
			t.Error("a session is wanted though no program is there")
		}
	})
}
