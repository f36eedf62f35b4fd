package main

import (
	"context"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/render"
	"meterline/relay"
	"meterline/relay/profile"
)

const unknownLong = `Callers that matched no modem, with the beginning of what they sent, what that nearly was, and the
command that plays it by the exchange's profile. Those that can be configured stand first, and the latest of each kind. Those that said who they are
come as tables, ready to be pasted into the configuration; give them a name and a port. --csv prints
them as rows of a list. The others come as comments. Of each address, scanners, silent callers,
those that sent something else (the last 4 kinds) and ids (the last 32) stand beside one another.`

func newUnknown() *cobra.Command {
	var flags clientFlags
	var json, list, raw bool
	cmd := &cobra.Command{
		Use:   "unknown",
		Short: "callers that matched no modem, ready to paste into the configuration",
		Long:  unknownLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			callers, err := flags.unknown(cmd.Context(), raw)
			if err != nil {
				return err
			}
			u := render.Unknown{GOOS: runtime.GOOS, Now: time.Now(), Test: flags.testCommand}
			text := u.TOML(callers)
			switch {
			case json:
				b, err := indented(callers)
				if err != nil {
					return err
				}
				text = string(b)
			case list:
				text = u.CSV(callers)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&json, "json", false, "print them as JSON")
	cmd.Flags().BoolVar(&list, "csv", false, "print those that could be modems as rows of a list")
	cmd.Flags().BoolVar(&raw, "raw", false, "show credentials (PSW=, LOG=) in what they sent")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	return cmd
}

// unknown returns the daemon's unknown callers.
func (f *clientFlags) unknown(ctx context.Context, raw bool) ([]relay.UnknownCaller, error) {
	c, err := f.client()
	if err != nil {
		return nil, err
	}
	return c.Unknown(ctx, raw)
}

// testCommand returns the command that plays bytes by a profile. One that the program does not bring is in the configuration.
func (f *clientFlags) testCommand(name string) string {
	command := "meterline profile test " + name
	if kinds, _ := profile.Kinds(); !slices.Contains(kinds, profile.Kind(name)) && !slices.Contains(config.ReadyNames(), name) {
		command += " -c " + f.file
	}
	return command
}
