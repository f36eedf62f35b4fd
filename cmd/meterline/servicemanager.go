package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

// serviceManager is the system's, as the verbs need it.
type serviceManager interface {
	installFlags(cmd *cobra.Command)
	uninstallFlags(cmd *cobra.Command)
	install(ctx context.Context, out io.Writer, file string) error
	uninstall(ctx context.Context, out io.Writer) error
	start(ctx context.Context, out io.Writer) error
	stop(ctx context.Context, out io.Writer) error
	run(ctx context.Context, stderr io.Writer, file string) error
}
