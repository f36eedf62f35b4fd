//go:build !linux && !windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/daemon"
)

const installLong = `Services are known of Linux (systemd) and Windows alone.`

// errNoService: launchd, rc.d and their like are not spoken to.
var errNoService = fmt.Errorf("meterline is a service under systemd and on Windows alone; here have the system's service manager start \"meterline run\": %w", errors.ErrUnsupported)

type noManager struct{}

func newServiceManager() serviceManager { return noManager{} }

func (noManager) installFlags(*cobra.Command)                            {}
func (noManager) uninstallFlags(*cobra.Command)                          {}
func (noManager) install(_ context.Context, _ io.Writer, _ string) error { return errNoService }
func (noManager) uninstall(context.Context, io.Writer) error             { return errNoService }
func (noManager) start(context.Context, io.Writer) error                 { return errNoService }
func (noManager) stop(context.Context, io.Writer) error                  { return errNoService }
func (noManager) run(ctx context.Context, stderr io.Writer, file string) error {
	return daemon.RunHere(ctx, stderr, file)
}
