package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"meterline/bridge"
	"meterline/bridge/fallback"
	"meterline/bridge/journal"
	"meterline/bridge/status"
	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/sim"
	"meterline/vport"
)

// daemon is the bridge, and everything else that the configuration file describes.
type daemon struct {
	*bridge.Bridge
	file    string
	log     *slog.Logger
	logs    *daemonLog // the log behind log
	limiter journal.Limiter
	level   *slog.LevelVar
	notify  notifier
	sims    *sim.Modems
	hangups chan struct{} // of capacity 1: SIGHUP has asked for a reload
	onReady func()        // called once the daemon is ready, may be nil
	ready   chan struct{} // closed by the bridge when every port has been made and every exchange listens, or has failed once

	reloading sync.Mutex // held during a reload; guards settings
	settings  *config.Settings
}

// parts make what the bridge works with, given a logger.
type parts struct {
	kinds func(*slog.Logger) vport.Kinds
	stick func(*slog.Logger) func(fallback.Config) fallback.Stick
}

func newDaemon(file string, set *config.Settings, of parts, level *slog.LevelVar, logs *daemonLog) *daemon {
	if full, err := filepath.Abs(file); err == nil {
		file = full // a reload reads the same file even if the working directory has changed
	}
	log := logs.Logger
	s := &daemon{
		file:     file,
		log:      log,
		logs:     logs,
		level:    level,
		hangups:  make(chan struct{}, 1),
		ready:    make(chan struct{}),
		settings: set,
	}
	limitedLog := s.limiter.Logger(log)
	s.notify = notifier{log: limitedLog}
	s.sims = sim.New(set.Sims, limitedLog)
	s.Bridge = bridge.New(set.Bridge, bridge.Options{
		Log: log, Ledger: set.Ledger, Kinds: of.kinds, Ready: func() { close(s.ready) }, Stick: of.stick(limitedLog),
	})
	return s
}

// Status returns the bridge's status, with that of the log.
func (s *daemon) Status() status.Status {
	st := s.Bridge.Status()
	st.Log = s.logs.status()
	return st
}

// announce waits until every port has been made and every exchange listens, or has failed once. Then it starts the simulated modems, so
// that their first call finds its exchange, and reports that the daemon is ready.
func (s *daemon) announce(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-s.ready:
		s.sims.Start()
		select {
		case <-s.sims.Begun:
		case <-ctx.Done():
			return
		}
		s.log.Info("meterline is ready")
		s.tellReady()
		if s.onReady != nil {
			s.onReady()
		}
	}
}

// tellReady tells the service manager that the daemon is ready. Without one it does not ask for a status.
func (s *daemon) tellReady() {
	if s.notify.wanted() {
		s.notify.ready(s.Status())
	}
}

// Reload reads the file again, and changes to its configuration. A faulty file changes nothing, and the error has all its faults.
func (s *daemon) Reload(context.Context) (control.ReloadReport, error) {
	report, err := s.reload()
	if err != nil {
		s.log.Error("reload", "error", err)
		return control.ReloadReport{}, err
	}
	changes := report.Changes
	s.log.Info("reloaded", "added", len(changes.Added), "changed", len(changes.Changed), "removed", len(changes.Removed))
	logWarnings(s.log, report.Notes)
	logWarnings(s.log, report.Warnings)
	return report, nil
}

// reload is Reload without logging.
func (s *daemon) reload() (control.ReloadReport, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	s.notify.reloading()
	defer s.tellReady()
	set, err := config.Reload(s.file)
	if err != nil {
		return control.ReloadReport{}, exit.UsageError(fmt.Errorf("nothing is changed:\n%w", err))
	}
	changes, err := s.Bridge.Reload(set.Bridge)
	if err != nil {
		return control.ReloadReport{}, fmt.Errorf("reload: %w", err)
	}
	report := control.ReloadReport{Changes: changes, Notes: restartNotes(s.settings, set), Warnings: set.Warnings}
	s.level.Set(set.Log.Level)
	s.sims.Set(set.Sims)
	s.settings = set
	return report, nil
}

// restartNotes names the changed keys that take effect only at the next start.
func restartNotes(old, set *config.Settings) []string {
	var notes []string
	for _, key := range []struct {
		name    string
		changed bool
	}{
		{"control", old.Control != set.Control},
		{"state", old.Ledger != set.Ledger},
		{"control_group", old.ControlGroup != set.ControlGroup},
		{"log_format", old.Log.JSON != set.Log.JSON},
		{"log_file", old.Log.File != set.Log.File},
		{"log_size", old.Log.Size != set.Log.Size},
		{"log_keep", old.Log.Keep != set.Log.Keep},
	} {
		if key.changed {
			notes = append(notes, key.name+" has changed: it takes effect when the daemon is started again")
		}
	}
	return notes
}

// reloadAtHangup carries out reloads that SIGHUP asks for, on a goroutine of its own, so that a long reload does not delay the end.
func (s *daemon) reloadAtHangup(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.hangups:
			_, _ = s.Reload(ctx) // Reload has logged how it went
		}
	}
}
