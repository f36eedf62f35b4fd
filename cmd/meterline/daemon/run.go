// Package daemon is the life of meterline run: it joins the bridge to a configuration, its log, its control socket
// and whoever manages the service, and reloads. It moves no bytes, and does not say how a service is installed.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"meterline/bridge/fallback"
	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/exit"
	"meterline/vport"
	"meterline/vport/pty"
)

// RunHere serves file in this process until a signal ends it. The log, and what the daemon ends with, go to stderr.
func RunHere(ctx context.Context, stderr io.Writer, file string) error {
	surviveClosedLog()
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // to the end: a late second one must not look like a crash
	err := Run(ctx, file, Host{Signals: signals, Logs: stderr})
	return reported(ctx, stderr, err)
}

// surviveClosedLog makes a write to standard output or error whose reader has gone an error, as it is on any other descriptor,
// where Go ends the program by SIGPIPE. A handler does that, and is not inherited by other programs as an ignored signal is.
func surviveClosedLog() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// gcPercent is how much garbage may stand beside what is in use. Moving bytes makes none, so that collecting early costs next
// to nothing, and thousands of idle ports stay small.
const gcPercent = 25

// oneWish is the time in which several signals to end are taken for one.
const oneWish = time.Second

// errStopped is the cause of an orderly end.
var errStopped = errors.New("told to stop")

// Host is what the daemon runs under: a terminal, or a service manager.
type Host struct {
	Signals chan os.Signal
	Logs    io.Writer    // standard error: for the log, or for what log_file cannot take
	Events  slog.Handler // gets the records of the log besides, as it chooses; may be nil
	Ready   func()       // called when every port has been made and every exchange listens, or has failed once; may be nil

	// Stick returns what makes the plugged-in modems; nil means PluggedIn. A test drives them with shorter pauses.
	Stick func(*slog.Logger) func(fallback.Config) fallback.Stick
}

// Run serves file until a signal or ctx ends it.
func Run(ctx context.Context, file string, h Host) (err error) {
	set, err := config.Load(file)
	if err != nil {
		return exit.ConfigurationError(err)
	}
	level := new(slog.LevelVar)
	level.Set(set.Log.Level)
	log := h.openLog(ctx, set.Log, level)
	defer func() { err = errors.Join(err, log.Close()) }()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	links, err := OpenLinks(set.Places(), log.Logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, links.Close()) }()
	if left := links.Clear(); len(left) > 0 {
		log.Info("removed the links of a daemon that did not end in order", "links", len(left), "first", left[0])
	}
	ln, err := control.Listen(ctx, set.Control, set.ControlGroup)
	if err != nil {
		return err
	}
	log.Info("meterline starts", "version", Version(), "file", file, "control", set.Control,
		"ports", len(set.Bridge.Ports), "modems", len(set.Bridge.Modems), "exchanges", len(set.Bridge.Exchanges))
	if err := pty.RaiseLimits(); err != nil {
		log.Warn("raise the limit of descriptors", "error", err)
	}
	for _, limit := range pty.Limits(set.Bridge.Specs(), len(set.Bridge.Modems)) {
		log.Warn("limit of the system", "limit", limit)
	}
	logWarnings(log.Logger, set.Warnings)
	if h.Stick == nil {
		h.Stick = PluggedIn
	}
	kinds := func(log *slog.Logger) vport.Kinds { return PortKinds(log, links) }
	s := newDaemon(file, set, parts{kinds, h.Stick}, level, log)
	s.onReady = h.Ready
	return s.run(ctx, ln, h.Signals)
}

// OpenLinks takes the lock that keeps a second daemon out. Where the state file cannot be written, which must not keep meters
// from being read, the lock stands beside the control socket.
func OpenLinks(at config.Places, log *slog.Logger) (*pty.Links, error) {
	links, err := pty.OpenLinks(at.Record(), log)
	if err == nil || errors.Is(err, pty.ErrLocked) || at.State == "" {
		return links, err
	}
	log.Warn("what the ports' links lead to is not kept beside the state file", "state", at.State, "err", err)
	return pty.OpenLinks(at.Control, log)
}

func logWarnings(log *slog.Logger, warnings []string) {
	for _, warning := range warnings {
		log.Warn("configuration", "warning", warning)
	}
}

// run is the daemon's life, from the control socket that it owns to the end of the last goroutine.
func (s *daemon) run(ctx context.Context, ln control.Listener, signals chan os.Signal) error {
	ctx, stop := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { s.obey(ctx, signals, stop) })
	wg.Go(func() { s.reloadAtHangup(ctx) })
	wg.Go(func() { s.announce(ctx) })
	wg.Go(func() { ln.Keep(ctx, s.log) })
	far, endFar := context.WithCancel(context.WithoutCancel(ctx)) // the far ends outlive ours, as real ones do
	wg.Go(func() { s.sims.Run(far) })
	wg.Go(func() { s.notify.beat(ctx, s.Status) })
	wg.Go(func() {
		if err := control.NewServer(s, s.log).Serve(ctx, ln); err != nil {
			stop(err)
		}
	})
	err := s.Run(ctx)
	if ctx.Err() == nil {
		stop(fmt.Errorf("serve the ports: %w", err))
	}
	endFar()
	wg.Wait()
	s.thinner.Close()
	cause := context.Cause(ctx)
	if errors.Is(cause, errStopped) || errors.Is(cause, context.Canceled) {
		s.log.Info("meterline has stopped")
		return nil
	}
	s.log.Error("meterline ends", "error", cause)
	return cause
}

// obey turns signals into what they mean until ctx ends.
func (s *daemon) obey(ctx context.Context, signals chan os.Signal, stop context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			s.notify.stopping()
			return
		case got := <-signals:
			if got == syscall.SIGHUP {
				select {
				case s.hangups <- struct{}{}:
				default: // a reload is due already
				}
				continue
			}
			s.log.Info("meterline stops", "signal", got.String())
			// The next one ends the program at once, if it means that: timeout(1) sends two of them each time, to the program
			// and to its group, and links must not be left behind.
			time.AfterFunc(oneWish, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })
			stop(errStopped)
		}
	}
}

// Version is the module's version as the build has recorded it: a tag, or a pseudo-version of the commit.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
