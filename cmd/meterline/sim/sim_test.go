package sim

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/config/configtest"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
)

// unreachable is a modem that tries in vain, for ever: port 1 of loopback listens nowhere.
func unreachable(name string) config.Sim {
	return config.Sim{Modem: name, Meter: meters.KindEcho, Call: "127.0.0.1:1"}
}

func TestSimulatorsFollowWhatIsWanted(t *testing.T) {
	sims := New([]config.Sim{unreachable("a")}, slog.New(slog.DiscardHandler))
	if n := len(sims.byName()); n != 0 {
		t.Errorf("%d run before the start", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { sims.Run(ctx); close(ended) }()
	sims.Start()
	sims.Set([]config.Sim{unreachable("a"), unreachable("b")})
	if n := len(sims.byName()); n != 2 {
		t.Errorf("%d wanted, want 2", n)
	}
	sims.Set(nil)
	cancel()
	<-ended
}

func TestSimulatorsTouchOnlyWhatChanged(t *testing.T) {
	running := make(map[string]*simulator)
	stopped := make(map[string]bool)
	for _, name := range []string{"same", "changed", "gone"} {
		sim := &simulator{settings: unreachable(name), ended: make(chan struct{})}
		sim.stop = func() { stopped[name] = true; close(sim.ended) }
		running[name] = sim
	}
	changed := unreachable("changed")
	changed.Fragment = 3
	stopOthers(running, map[string]config.Sim{"same": unreachable("same"), "changed": changed})
	if stopped["same"] || !stopped["changed"] || !stopped["gone"] || len(running) != 1 {
		t.Errorf("stopped %v, %d go on", stopped, len(running))
	}
}

// TestModemOfAConfiguration registers as the profile that its exchange declares.
func TestModemOfAConfiguration(t *testing.T) {
	dir := configtest.Write(t, "main.toml", `
[exchange.six]
listen = "[::1]:7002"
profile = "login"
[profile.login]
registration = "hex:7B {id:2} 0D"
id_format = "hex"
answer = "OK {id}"
[modem.b]
exchange = "six"
id = "AB01"
[sim.b]
meter = "iec62056-21"
address = "12345678"
`)
	s, err := config.Load(filepath.Join(dir, "main.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewModem(s.Sims[0], slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b.Side().Connect(time.Now())); got != "{\xab\x01\r" {
		t.Errorf("b registers with %q", got)
	}
}

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
