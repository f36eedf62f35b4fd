package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"meterline/bridge/status"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/render"
)

const watchLong = `Show what passes a port or modem, as it passes: time, direction (→ to the modem, ← from it), hex
and text. Bytes that went nowhere say so. The name of an exchange shows what callers send until they
have registered, or why they are refused. Watching never slows anything. It ends with Ctrl-C.`

func newWatch() *cobra.Command {
	var flags clientFlags
	var asJSON, raw bool
	cmd := &cobra.Command{
		Use:               "watch NAME",
		Short:             "show the bytes of a port, modem or exchange as they pass",
		Long:              watchLong,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: flags.completeWatched,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			c, err := flags.client()
			if err != nil {
				return err
			}
			return c.Watch(ctx, control.FullName(args[0]), raw, printer(cmd.OutOrStdout(), asJSON))
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a piece")
	cmd.Flags().BoolVar(&raw, "raw", false, "show credentials (PSW=, LOG=) in what callers send")
	return cmd
}

// printer returns what prints the lines of a watch: as they are, or for people.
func printer(w io.Writer, raw bool) func(line []byte) error {
	lines := render.Dumper{Zone: time.Local}
	return func(line []byte) error {
		if !raw {
			var piece status.Traffic
			if err := json.Unmarshal(line, &piece); err != nil {
				return fmt.Errorf("the daemon's answer is not understood (is it of another version?): %w", err)
			}
			line = lines.Render(piece)
		}
		_, err := w.Write(line)
		return err
	}
}
