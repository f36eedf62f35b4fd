package main

import (
	"io"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/render"
)

const unknownLong = `Callers that matched no modem, the latest first. Those that said who they are come as tables,
ready to be pasted into the configuration; give them a name and a port. The others come as comments.`

func newUnknown() *cobra.Command {
	var flags clientFlags
	var json bool
	cmd := &cobra.Command{
		Use:   "unknown",
		Short: "callers that matched no modem, ready to paste into the configuration",
		Long:  unknownLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.client()
			if err != nil {
				return err
			}
			callers, err := c.Unknown(cmd.Context())
			if err != nil {
				return err
			}
			render.SortCallers(callers)
			if json {
				text, err := indented(callers)
				if err != nil {
					return err
				}
				_, err = cmd.OutOrStdout().Write(text)
				return err
			}
			_, err = io.WriteString(cmd.OutOrStdout(), render.Unknown(callers, runtime.GOOS, time.Now()))
			return err
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&json, "json", false, "print them as JSON")
	return cmd
}
