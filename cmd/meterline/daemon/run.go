// Package daemon is meterline run: it connects the bridge to a configuration, a log, a control socket and a service manager, and reloads. It
// moves no bytes, and installs no service.
//
// A start:
//
//  1. RunHere, or the service manager's handler, calls Run, which loads the configuration and opens the log with Host.openLog.
//  2. OpenLinks takes the lock that keeps a second daemon out, and control.Listen makes the socket.
//  3. newDaemon makes the bridge, and daemon.run starts its goroutines.
//  4. daemon.announce waits for all ports and exchanges, starts the simulated modems, and reports that the daemon is ready.
//
// A reload:
//
//  1. The verb calls daemon.Reload; SIGHUP comes by daemon.obey to daemon.reloadAtHangup, which calls it, too.
//  2. daemon.reload reads the file. If it is faulty, nothing is changed, and the caller gets all faults.
//  3. The bridge changes to the new configuration; see there. Then the log level and the simulated modems follow.
//  4. restartNotes lists the changed keys that need a restart.
//
// The end: daemon.obey cancels the context of daemon.run, which waits for all goroutines; then Run closes the log.
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

// RunHere runs a daemon with the configuration file until a signal ends it. The log, and the error that it returns, go to stderr.
func RunHere(ctx context.Context, stderr io.Writer, file string) error {
	surviveClosedLog()
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // to the end: a late second one must not look like a crash
	err := Run(ctx, file, Host{Signals: signals, Logs: stderr})
	return reported(ctx, stderr, err)
}

// surviveClosedLog keeps SIGPIPE from ending the program when the reader of standard output or error has gone. With a handler such a write
// fails with an error, as on any other descriptor. Ignoring the signal would do the same, but programs that we start would inherit that.
func surviveClosedLog() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// gcPercent is GOGC of the daemon. The byte path does not allocate, so that frequent collections cost little, and thousands of idle ports
// need little memory.
const gcPercent = 25

// oneWish is the time within which several signals to end count as one.
const oneWish = time.Second

// errStopped is the cause of an orderly end.
var errStopped = errors.New("told to stop")

// Host is what the daemon runs under: a terminal, or a service manager.
type Host struct {
	Signals chan os.Signal
	Logs    io.Writer    // standard error: for the log, or for what cannot be written to log_file
	Events  slog.Handler // gets the records of the log as well, and chooses by itself; may be nil
	Ready   func()       // called when every port has been made and every exchange listens, or has failed once; may be nil

	// Stick returns what makes the plugged-in modems; nil means PluggedIn. A test drives them with shorter pauses.
	Stick func(*slog.Logger) func(fallback.Config) fallback.Stick
}

// Run runs a daemon with the configuration file until a signal or ctx ends it.
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

// OpenLinks opens the record of the ports' links, and takes the lock that keeps a second daemon out. Both are next to the state file. If that
// folder cannot be written, which must not keep meters from being read, they are next to the control socket.
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

// run runs the daemon. It owns ln, and returns when the last goroutine has ended.
func (s *daemon) run(ctx context.Context, ln control.Listener, signals chan os.Signal) error {
	ctx, stop := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { s.obey(ctx, signals, stop) })
	wg.Go(func() { s.reloadAtHangup(ctx) })
	wg.Go(func() { s.announce(ctx) })
	wg.Go(func() { ln.Keep(ctx, s.log) })
	far, endFar := context.WithCancel(context.WithoutCancel(ctx)) // simulated modems outlive the ports, as real modems do
	wg.Go(func() { s.sims.Run(far) })
	wg.Go(func() { s.notify.beat(ctx, s.Status) })
	wg.Go(func() {
		if err := control.NewServer(s, s, s.log).Serve(ctx, ln); err != nil {
			stop(err)
		}
	})
	err := s.Run(ctx)
	if ctx.Err() == nil {
		stop(fmt.Errorf("serve the ports: %w", err))
	}
	endFar()
	wg.Wait()
	s.limiter.Close()
	cause := context.Cause(ctx)
	if errors.Is(cause, errStopped) || errors.Is(cause, context.Canceled) {
		s.log.Info("meterline has stopped")
		return nil
	}
	s.log.Error("meterline ends", "error", cause)
	return cause
}

// obey handles signals until ctx ends.
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
				default: // a reload has been asked for already
				}
				continue
			}
			s.log.Info("meterline stops", "signal", got.String())
			// A second signal ends the program at once, but only after oneWish: timeout(1) sends two, to the program and to its
			// group, and an end at once would leave links behind.
			time.AfterFunc(oneWish, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })
			stop(errStopped)
		}
	}
}

// Version returns the module's version as recorded by the build: a tag, or a pseudo-version of the commit.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
