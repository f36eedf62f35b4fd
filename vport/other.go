//go:build !linux

package vport

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
)

// Watcher notices programs that open ports. On this system there is nothing to watch.
type Watcher struct{ log *slog.Logger }

// NewWatcher makes a Watcher. log must not make its caller wait: records are made while locks are held.
func NewWatcher(log *slog.Logger, _ *Links) *Watcher { return &Watcher{log} }

// Links remembers to which pseudo-terminals links lead. On this system there are none.
type Links struct{}

// OpenLinks answers nil: there is nothing to remember.
func OpenLinks(string, *slog.Logger) (*Links, error) { return nil, nil }

// ReadLinks answers nil, like OpenLinks.
func ReadLinks(string) *Links { return nil }

// Deal makes nothing.
func (*Links) Deal([]Spec) error { return nil }

// Clear removes nothing.
func (*Links) Clear() []string { return nil }

// Tend has nothing to look after.
func (*Links) Tend() error { return nil }

// Close has nothing to close.
func (*Links) Close() error { return nil }

// Check says why Open would refuse spec.
func (*Links) Check(spec Spec) error { return checkPort(spec) }

// logger is where ports say what somebody should look at.
func (w *Watcher) logger() *slog.Logger {
	if w == nil || w.log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return w.log
}

// Run waits until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Tend waits until ctx ends, like Run.
func (w *Watcher) Tend(ctx context.Context) { <-ctx.Done() }

// Openers tells which programs have which device open; on this system nobody says.
func Openers() (map[string][]Program, error) { return map[string][]Program{}, nil }

// Limits tells which limits of the system are too low; on this system none is known.
func Limits(ports []Spec, sessions int) []string { return nil }

// RaiseLimits raises this process's own limits as far as it may; on this system there is none to raise.
func RaiseLimits() error { return nil }

func openPort(spec Spec, _ *Watcher, _ Presence) (Port, error) { return nil, checkPort(spec) }

func checkPort(spec Spec) error {
	return fmt.Errorf("port %s: a port behind a path is a Linux pseudo-terminal, and this is %s: %s: %w",
		spec.Address, runtime.GOOS, inPlaceOfPTY(runtime.GOOS), ErrUnsupported)
}
