package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/daemon"
	"meterline/cmd/meterline/render"
	"meterline/vport/pty"
)

const tidyLong = `Remove the links of ports, and the control socket, of a daemon that was killed: a link that is left
may lead to somebody else's terminal. The service runs it whenever the daemon has ended; the daemon
itself does the same at its start. Of the configuration file only "state" and "control" are looked
at. A daemon that runs is left alone.`

func newTidy() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "tidy",
		Short: "remove the links that a killed daemon has left",
		Long:  tidyLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			places, err := config.PlacesOf(file)
			if err != nil {
				return err
			}
			return tidy(cmd.Context(), cmd.OutOrStdout(), places)
		},
	}
	fileFlag(cmd, &file)
	return cmd
}

// tidy removes what a daemon that did not end in order has left.
func tidy(ctx context.Context, w io.Writer, at config.Places) (err error) {
	links, err := daemon.OpenLinks(at, slog.New(slog.DiscardHandler))
	if errors.Is(err, pty.ErrLocked) {
		return fmt.Errorf("nothing is removed: %w", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, links.Close()) }()
	for _, path := range links.Clear() {
		if err := render.Say(w, "removed %s", path); err != nil {
			return err
		}
	}
	return control.RemoveStale(ctx, at.Control)
}
