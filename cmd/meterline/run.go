package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"meterline/vport"
)

const runLong = `Serve the configuration until SIGTERM or SIGINT; a second one of them ends the program at once.
SIGHUP reloads the configuration. "meterline is ready" in the log, and READY=1 under systemd
(Type=notify), say that every port has been made and that every exchange and modem's own address
listens, or has failed once and is tried again; so it is after a reload. The watchdog is fed if
there is one. The log goes to standard error, or to log_file.`

func newRun() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "be the daemon: make the ports, and keep the line to every modem",
		Long:  runLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runHere(cmd, file) },
	}
	fileFlag(cmd, &file)
	return cmd
}

// runHere serves file in this process until a signal ends it.
func runHere(cmd *cobra.Command, file string) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	return runDaemon(cmd.Context(), file, host{signals: signals, logs: cmd.ErrOrStderr()})
}

// gcPercent is how much garbage may stand beside what is in use. Moving bytes makes none, so that collecting early costs next
// to nothing, and thousands of idle ports stay small.
const gcPercent = 25

// errStopped is the cause of an orderly end.
var errStopped = errors.New("told to stop")

// host is what the daemon runs under: a terminal, or a service manager.
type host struct {
	signals chan os.Signal
	logs    io.Writer    // standard error: for the log, or for what log_file cannot take
	events  slog.Handler // gets the records of the log besides, as it chooses; may be nil
	ready   func()       // called when every port has been made and every exchange listens, or has failed once; may be nil
}

// runDaemon serves file until a signal or ctx ends it.
func runDaemon(ctx context.Context, file string, h host) (err error) {
	set, err := loadSettings(file)
	if err != nil {
		return configurationError(err)
	}
	level := new(slog.LevelVar)
	level.Set(set.Log.Level)
	log, closeLog := h.logger(set.Log, level)
	defer func() { err = errors.Join(err, closeLog()) }()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ln, err := listenControl(ctx, set.Control, set.ControlGroup)
	if err != nil {
		return err
	}
	log.Info("meterline starts", "version", version(), "file", file, "control", set.Control,
		"ports", len(set.Bridge.Ports), "modems", len(set.Bridge.Modems), "exchanges", len(set.Bridge.Exchanges))
	if err := vport.RaiseLimits(); err != nil {
		log.Warn("raise the limit of descriptors", "error", err)
	}
	for _, limit := range vport.Limits(set.Bridge.Specs(), len(set.Bridge.Modems)) {
		log.Warn("limit of the system", "limit", limit)
	}
	logWarnings(log, set.Warnings)
	s := newService(file, set, level, log)
	s.onReady = h.ready
	return s.run(ctx, ln, h.signals)
}

// logger is the daemon's log, and how it is closed.
func (h host) logger(set logSettings, level slog.Leveler) (*slog.Logger, func() error) {
	var events []slog.Handler
	if h.events != nil {
		events = append(events, h.events)
	}
	if set.File == "" {
		return newLogger(h.logs, level, set.JSON, events...), func() error { return nil }
	}
	file := newLogFile(set.File, set.Size, set.Keep, h.logs)
	fmt.Fprintf(h.logs, "meterline: the log is %s\n", set.File)
	return newLogger(file, level, set.JSON, events...), file.Close
}

func logWarnings(log *slog.Logger, warnings []string) {
	for _, warning := range warnings {
		log.Warn("configuration", "warning", warning)
	}
}

// run is the daemon's life, from the control socket that it owns to the end of the last goroutine.
func (s *service) run(ctx context.Context, ln net.Listener, signals chan os.Signal) error {
	ctx, stop := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { s.obey(ctx, signals, stop) })
	wg.Go(func() { s.reloadAtHangup(ctx) })
	wg.Go(func() { s.announce(ctx) })
	far, endFar := context.WithCancel(context.WithoutCancel(ctx)) // the far ends outlive ours, as real ones do
	wg.Go(func() { s.sims.run(far) })
	wg.Go(func() { s.notify.beat(ctx, s.Status) })
	wg.Go(func() {
		if err := newControl(s, s.log).serve(ctx, ln); err != nil {
			stop(err)
		}
	})
	err := s.Run(ctx)
	if ctx.Err() == nil {
		stop(fmt.Errorf("serve the ports: %w", err))
	}
	endFar()
	wg.Wait()
	cause := context.Cause(ctx)
	if errors.Is(cause, errStopped) || errors.Is(cause, context.Canceled) {
		s.log.Info("meterline has stopped")
		return nil
	}
	s.log.Error("meterline ends", "error", cause)
	return cause
}

// obey turns signals into what they mean until ctx ends.
func (s *service) obey(ctx context.Context, signals chan os.Signal, stop context.CancelCauseFunc) {
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
			signal.Reset(os.Interrupt, syscall.SIGTERM) // the next one ends the program at once
			stop(errStopped)
		}
	}
}
