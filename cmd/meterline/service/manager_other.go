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

// InstallLong is the help of install.
const InstallLong = `Services are known of Linux (systemd) and Windows alone.`

// errNoService: launchd, rc.d and their like are not spoken to.
var errNoService = fmt.Errorf("meterline is a service under systemd and on Windows alone; here have the system's service manager start \"meterline run\": %w", errors.ErrUnsupported)

// Manager is none: whatever it is asked for fails, but to run.
type Manager struct{}

// NewManager is a manager that knows no service.
func NewManager() *Manager { return &Manager{} }

// InstallFlags adds nothing.
func (*Manager) InstallFlags(*cobra.Command) {}

// UninstallFlags adds nothing.
func (*Manager) UninstallFlags(*cobra.Command) {}

// Install fails: there is no service that is known.
func (*Manager) Install(_ context.Context, _ io.Writer, _ string) error { return errNoService }

// Uninstall fails, as Install does.
func (*Manager) Uninstall(context.Context, io.Writer) error { return errNoService }

// Start fails, as Install does.
func (*Manager) Start(context.Context, io.Writer) error { return errNoService }

// Stop fails, as Install does.
func (*Manager) Stop(context.Context, io.Writer) error { return errNoService }

// Run serves file until a signal ends it, as meterline run does.
func (*Manager) Run(ctx context.Context, stderr io.Writer, file string) error {
	return daemon.RunHere(ctx, stderr, file)
}
