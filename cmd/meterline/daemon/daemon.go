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

// daemon is what runs: the bridge, and what the configuration file has besides.
type daemon struct {
	*bridge.Bridge
	file    string
	log     *slog.Logger
	logs    *daemonLog // where log goes
	thinner journal.Thinner
	level   *slog.LevelVar
	notify  notifier
	sims    *sim.Modems
	hangups chan struct{} // a reload is wanted by SIGHUP
	onReady func()        // called once the daemon is ready, nil: nobody waits
	ready   chan struct{} // closed by the bridge when every port has been made and every exchange listens, or has failed once

	reloading sync.Mutex // one at a time; guards settings
	settings  *config.Settings
}

// parts make what the bridge works with; each is given a logger.
type parts struct {
	kinds func(*slog.Logger) vport.Kinds
	stick func(*slog.Logger) func(fallback.Config) fallback.Stick
}

func newDaemon(file string, set *config.Settings, of parts, level *slog.LevelVar, logs *daemonLog) *daemon {
	if full, err := filepath.Abs(file); err == nil {
		file = full // a reload reads the same one, wherever the working directory may be
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
	thinned := s.thinner.Logger(log)
	s.notify = notifier{log: thinned}
	s.sims = sim.New(set.Sims, thinned)
	s.Bridge = bridge.New(set.Bridge, bridge.Options{
		Log: log, Ledger: set.Ledger, Kinds: of.kinds, Ready: func() { close(s.ready) }, Stick: of.stick(thinned),
	})
	return s
}

// Status is the bridge's, with the log's.
func (s *daemon) Status() status.Status {
	st := s.Bridge.Status()
	st.Log = s.logs.status()
	return st
}

// announce waits until every port has been made and every exchange listens, or has failed once, and says so. Simulated modems start
// before that is said, and after it is so: their first call finds their exchange, and those that are called can be.
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

// tellReady asks for a picture of everything only where somebody is told.
func (s *daemon) tellReady() {
	if s.notify.wanted() {
		s.notify.ready(s.Status())
	}
}

// Reload reads the file again and goes over to what it says. A faulty file changes nothing: the error has all faults.
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

// reload is Reload but for the log.
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

// restartNotes names what has changed and cannot be changed in a running daemon.
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

// reloadAtHangup serves SIGHUP apart from the other signals: a long reload does not delay the end.
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
