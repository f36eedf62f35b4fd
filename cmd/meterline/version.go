package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/daemon"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "say which meterline this is",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "meterline %s %s/%s %s\n",
				daemon.Version(), runtime.GOOS, runtime.GOARCH, runtime.Version())
			return err
		},
	}
}
