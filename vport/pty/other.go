//go:build !linux

package pty

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"

	"meterline/vport"
)

// watcher notices programs that open ports. On this system there is nothing to watch.
type watcher struct{ beforeChange BeforeChange }

// newWatcher makes a watcher.
func newWatcher(*slog.Logger, *Links) *watcher { return new(watcher) }

// Links remembers to which pseudo-terminals links lead. On this system there are none.
type Links struct{}

// OpenLinks returns nil: there is nothing to remember.
func OpenLinks(string, *slog.Logger) (*Links, error) { return nil, nil }

// ReadLinks returns nil, like OpenLinks.
func ReadLinks(string) *Links { return nil }

// Deal makes nothing.
func (*Links) Deal([]vport.Spec) error { return nil }

// Clear removes nothing.
func (*Links) Clear() []string { return nil }

// Tend has nothing to look after.
func (*Links) Tend() error { return nil }

// Close has nothing to close.
func (*Links) Close() error { return nil }

// Check returns why Open would refuse spec.
func (*Links) Check(spec vport.Spec) error { return checkPort(spec) }

// Run waits until ctx ends.
func (w *watcher) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Tend waits until ctx ends, like Run.
func (w *watcher) Tend(ctx context.Context) { <-ctx.Done() }

// openers returns which programs have which device open; this system does not say.
func openers() (map[string][]vport.Program, error) { return map[string][]vport.Program{}, nil }

// Limits returns which limits of the system are too low; on this system none is known.
func Limits(ports []vport.Spec, sessions int) []string { return nil }

// RaiseLimits raises this process's own limits as far as it may; on this system there is none to raise.
func RaiseLimits() error { return nil }

func openPort(spec vport.Spec, _ *watcher, _ vport.Presence) (vport.Port, error) {
	return nil, checkPort(spec)
}

func checkPort(spec vport.Spec) error {
	return fmt.Errorf("port %s: a port behind a path is a Linux pseudo-terminal, and this is %s: %s: %w",
		spec.Address, runtime.GOOS, inPlaceOfPTY(runtime.GOOS), vport.ErrUnsupported)
}
