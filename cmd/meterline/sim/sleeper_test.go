package sim

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/simulated"
)

// A sleeping modem calls in when it is woken, and only then; it stays for its time, and what wakes it meanwhile is forgotten.
func TestSleeperIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var calls []time.Duration // the modem's own goroutine
		ended := make(chan time.Duration, 9)
		s := NewSleeper(nil, 5*time.Second, time.Minute, slog.New(slog.DiscardHandler))
		s.modem = &simulated.Modem{Name: "m", Call: "127.0.0.1:7001", Dial: func(context.Context, string, string) (net.Conn, error) {
			calls = append(calls, time.Since(began))
			ours, theirs := net.Pipe()
			go func() {
				_, _ = theirs.Read(make([]byte, 1))
				ended <- time.Since(began)
			}()
			return ours, nil
		}}
		(*Sleeper)(nil).Wake()
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		at := func(d time.Duration) { time.Sleep(time.Until(began.Add(d))) }
		at(time.Hour)
		s.Wake()
		s.Wake()
		at(time.Hour + 30*time.Second)
		s.Wake()
		at(2 * time.Hour)
		s.Wake()
		at(3 * time.Hour)
		stop()
		wg.Wait()
		if want := []time.Duration{time.Hour + 5*time.Second, 2*time.Hour + 5*time.Second}; !slices.Equal(calls, want) {
			t.Errorf("it called at %v, want %v", calls, want)
		}
		for _, want := range []time.Duration{time.Hour + 65*time.Second, 2*time.Hour + 65*time.Second} {
			if got := <-ended; got != want {
				t.Errorf("it hung up at %v, want %v", got, want)
			}
		}
	})
}
