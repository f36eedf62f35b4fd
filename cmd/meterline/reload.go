package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/control"
)

const reloadLong = `The daemon reads its configuration file again, as it does at SIGHUP. Only what has changed is
touched: other ports and sessions go on. A faulty file changes nothing, and all its faults are
printed here and in the daemon's log.`

func newReload() *cobra.Command {
	var flags clientFlags
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "have the daemon go over to what its configuration file says now",
		Long:  reloadLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.client()
			if err != nil {
				return err
			}
			report, err := c.Reload(cmd.Context())
			if err != nil {
				return err
			}
			return printReport(cmd.OutOrStdout(), report)
		},
	}
	flags.add(cmd)
	return cmd
}

func printReport(w io.Writer, report control.ReloadReport) error {
	var b strings.Builder
	for _, group := range []struct {
		label string
		names []string
	}{{"added", report.Added}, {"changed", report.Changed}, {"removed", report.Removed}} {
		if len(group.names) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", group.label, strings.Join(group.names, ", "))
		}
	}
	if b.Len() == 0 {
		b.WriteString("nothing has changed\n")
	}
	for _, note := range report.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	for _, warning := range report.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", warning)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
