package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"meterline/bridge"
)

const wakeLong = `Have a plugged-in modem wake a modem now, whether or not a program waits for it: by the text message
or missed call that its wake names, or else by a missed call. The modem is then expected to open
its TCP session. This counts for the limits of the day.`

func newWake() *cobra.Command {
	var flags clientFlags
	cmd := &cobra.Command{
		Use:               "wake MODEM",
		Short:             "wake a modem by telephone, so that it opens its session",
		Long:              wakeLong,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: flags.completeOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := flags.client()
			if err != nil {
				return err
			}
			woken, err := c.wake(cmd.Context(), fullName(args[0]))
			if err != nil {
				return err
			}
			return say(cmd.OutOrStdout(), "%s", wokenText(args[0], woken))
		},
	}
	flags.add(cmd)
	return cmd
}

// wokenText says what was done, and what to expect.
func wokenText(name string, w bridge.Woken) string {
	what := "rang " + w.Number
	if w.By == bridge.WakeSMS {
		what = "sent a text message to " + w.Number
	}
	return fmt.Sprintf("%s with %s; if %s understands that, it opens its session within some %s: meterline show %s tells",
		what, w.USB, name, shortDuration(w.Wait), name)
}
