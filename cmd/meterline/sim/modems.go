// Package sim runs simulated modems, with simulated meters behind them, in this process: those of a configuration, or of the verb sim. They
// use loopback addresses only. It does not contain the simulation itself, which is in relay/simulated.
package sim

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"reflect"
	"slices"
	"sync"
	"time"

	"meterline/cmd/meterline/config"
	"meterline/relay/profile"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
)

// Modems runs the simulated modems of the configuration inside the daemon.
type Modems struct {
	log  *slog.Logger
	wake chan struct{}

	Begun chan struct{} // closed when each modem of the first configuration listens, has made its first call, or has failed

	mu      sync.Mutex
	wanted  []config.Sim
	started bool
}

// New returns simulated modems that Run runs once Start has been called.
func New(wanted []config.Sim, log *slog.Logger) *Modems {
	return &Modems{log: log, wake: make(chan struct{}, 1), Begun: make(chan struct{}), wanted: wanted}
}

// Start makes the modems start: their exchanges listen now.
func (s *Modems) Start() {
	s.mu.Lock()
	s.started = true
	s.mu.Unlock()
	s.look()
}

// Set replaces the modems. Those whose settings have not changed are not touched.
func (s *Modems) Set(wanted []config.Sim) {
	s.mu.Lock()
	s.wanted = wanted
	s.mu.Unlock()
	s.look()
}

// hasStarted reports whether Start has been called.
func (s *Modems) hasStarted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.started
}

// byName returns the settings of the modems that are to run, by name.
func (s *Modems) byName() map[string]config.Sim {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := make(map[string]config.Sim, len(s.wanted))
	if !s.started {
		return wanted
	}
	for _, sim := range s.wanted {
		wanted[sim.Modem] = sim
	}
	return wanted
}

func (s *Modems) look() {
	select {
	case s.wake <- struct{}{}:
	default: // Run has been woken already
	}
}

// simulator is one running modem.
type simulator struct {
	settings config.Sim
	stop     context.CancelFunc
	begun    chan struct{} // closed when it listens, has made its first call, or has ended
	ended    chan struct{}
}

// Run runs the modems that Set has given last, until ctx ends.
func (s *Modems) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	running := make(map[string]*simulator)
	first := true
	for {
		select {
		case <-ctx.Done():
			return // the modems' contexts end as well
		case <-s.wake:
		}
		wanted := s.byName()
		stopOthers(running, wanted)
		for name, settings := range wanted {
			if running[name] != nil {
				continue
			}
			own, stop := context.WithCancel(ctx)
			sim := &simulator{settings: settings, stop: stop, begun: make(chan struct{}), ended: make(chan struct{})}
			running[name] = sim
			wg.Go(func() { s.simulate(own, sim) })
		}
		if first && s.hasStarted() {
			first = false
			all := slices.Collect(maps.Values(running))
			wg.Go(func() { s.awaitBegun(all) })
		}
	}
}

func (s *Modems) awaitBegun(all []*simulator) {
	defer close(s.Begun)
	for _, sim := range all {
		<-sim.begun
	}
}

// stopOthers ends the modems that are not wanted any more, or whose settings have changed, and waits until their addresses are free.
func stopOthers(running map[string]*simulator, wanted map[string]config.Sim) {
	ending := make(map[string]*simulator)
	for name, sim := range running {
		if want, ok := wanted[name]; !ok || !reflect.DeepEqual(want, sim.settings) {
			sim.stop()
			ending[name] = sim
		}
	}
	for name, sim := range ending {
		<-sim.ended
		delete(running, name)
	}
}

// simulate runs one modem until ctx ends.
func (s *Modems) simulate(ctx context.Context, sim *simulator) {
	defer close(sim.ended)
	defer sim.stop()
	begun := sync.OnceFunc(func() { close(sim.begun) })
	defer begun()
	modem, err := NewModem(sim.settings, s.log)
	if err == nil {
		modem.Begun = begun
		err = modem.Run(ctx)
	}
	if err != nil {
		s.log.Error("simulated modem ended", "modem", sim.settings.Modem, "error", err)
	}
}

// NewModem returns the modem that settings describe.
func NewModem(settings config.Sim, log *slog.Logger) (*simulated.Modem, error) {
	meter, err := meters.New(settings.Meter, settings.Unit, settings.Address)
	if err != nil {
		return nil, fmt.Errorf("simulated modem %s: %w", settings.Modem, err)
	}
	modem := &simulated.Modem{
		Name:     settings.Modem,
		Call:     settings.Call,
		Listen:   settings.Listen,
		Register: settings.Register,
		Meter:    meter,
		Faults:   netem.Faults{Delay: settings.Delay, DelayMax: settings.DelayMax, Fragment: settings.Fragment},
		Lose:     settings.LoseEvery,
		Log:      log,
	}
	modem.Shuffle = settings.Shuffle
	switch {
	case settings.Side != "":
		modem.Side, modem.HeartbeatEvery, err = profile.Simulate(settings.Side, settings.Identity())
		modem.HeartbeatEvery = cmp.Or(settings.BeatEvery, modem.HeartbeatEvery)
	case settings.Profile.Kind != "":
		modem.Side, err = settings.Profile.Simulate(settings.Identity())
		modem.HeartbeatEvery = cmp.Or(settings.BeatEvery, settings.Profile.BeatsEvery())
	}
	if err != nil {
		return nil, err
	}
	if settings.From != "" {
		dialer := net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(settings.From)}}
		modem.Dial = dialer.DialContext
	}
	return modem, nil
}
