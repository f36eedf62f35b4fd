package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/render"
)

const wakeLong = `Have a plugged-in modem wake a modem now, whether or not a program waits for it: by the text message
or missed call that its wake names, or else by a missed call. Then its answer and its session are
awaited, for its wake_wait at most; Ctrl-C ends the waiting. This counts for the limits of the day.`

func newWake() *cobra.Command {
	var flags clientFlags
	cmd := &cobra.Command{
		Use:               "wake MODEM",
		Short:             "wake a modem by telephone, so that it opens its session",
		Long:              wakeLong,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: flags.completeOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			c, err := flags.client()
			if err != nil {
				return err
			}
			if err := render.Say(cmd.ErrOrStderr(), "waking %s, and waiting for what comes of it; Ctrl-C ends the waiting", args[0]); err != nil {
				return err
			}
			woken, err := c.Wake(ctx, control.FullName(args[0]))
			switch {
			case ctx.Err() != nil:
				return fmt.Errorf("%s is not waited for any more; if it was rung or written to already, it may open its session all the same", args[0])
			case err != nil:
				return err
			}
			if err := render.Say(cmd.OutOrStdout(), "%s", wakeText(args[0], woken)); err != nil {
				return err
			}
			if woken.Problem != "" {
				return errors.New(render.Printable(woken.Problem))
			}
			return nil
		},
	}
	flags.add(cmd)
	return cmd
}

// wakeText describes what was done, and the result.
func wakeText(name string, w fallback.WakeResult) string {
	text := "rang " + w.Number
	if w.By == modem.WakeSMS {
		text = "sent a text message to " + w.Number
	}
	text += " with " + w.USB
	if w.Rung != "" {
		text += "; the call ended with: " + string(w.Rung)
	}
	if w.Reply != "" {
		text += "; it replied " + render.Printable(w.Reply)
	}
	switch {
	case w.Session:
		text += "; " + name + " has opened its session"
	case w.Online:
		text += "; " + name + " has had its session all the time"
	}
	return text
}
