//go:build !linux && !windows

package service

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/daemon"
)

// InstallLong is the help text of install.
const InstallLong = `Services are known of Linux (systemd) and Windows alone.`

// errNoService reports that launchd, rc.d and others are not supported.
var errNoService = fmt.Errorf("meterline is a service under systemd and on Windows alone; here have the system's service manager start \"meterline run\": %w", errors.ErrUnsupported)

// Manager supports no service manager: everything but Run fails.
type Manager struct{}

// NewManager returns a Manager.
func NewManager() *Manager { return &Manager{} }

// InstallFlags adds no flags.
func (*Manager) InstallFlags(*cobra.Command) {}

// UninstallFlags adds no flags.
func (*Manager) UninstallFlags(*cobra.Command) {}

// Install fails.
func (*Manager) Install(_ context.Context, _ io.Writer, _ string) error { return errNoService }

// Uninstall fails.
func (*Manager) Uninstall(context.Context, io.Writer) error { return errNoService }

// Start fails.
func (*Manager) Start(context.Context, io.Writer) error { return errNoService }

// Stop fails.
func (*Manager) Stop(context.Context, io.Writer) error { return errNoService }

// Run runs the daemon with the configuration file until a signal ends it, as meterline run does.
func (*Manager) Run(ctx context.Context, stderr io.Writer, file string) error {
	return daemon.RunHere(ctx, stderr, file)
}
