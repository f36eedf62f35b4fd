package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
)

const statusLong = `One line a port, in the order of the configuration, then one for each modem without a port.
FROM and TO are bytes from and to the program since the daemon started; DROPPED is what went
nowhere. LINE is by which line a modem is reached: the column is there where one is reached by a
worse one than its first, or by none of several, and LAST-ERROR begins with what is wrong with
those. A NAME is a modem's or a port's, a path, or a pattern ('pump-*'); none means all.

--problems shows only what is not well and why, and ends with 1 if there is anything: it can be
used as a plugin of monitoring systems (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN).`

// statusVerb is one call of meterline status.
type statusVerb struct {
	clientFlags
	json, watch, problems bool
	names                 []string
}

// errProblems is the error of status --problems, after the table has told which problems there are.
var errProblems = &exit.Error{Code: exit.Failed, Err: errors.New("something is not well"), Quiet: true}

func newStatus() *cobra.Command {
	var verb statusVerb
	cmd := &cobra.Command{
		Use:               "status [NAME...]",
		Short:             "one line a port: state, modem, who has it open, bytes, errors",
		Long:              statusLong,
		ValidArgsFunction: verb.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			verb.names = args
			if verb.watch {
				return verb.redraw(cmd.Context(), cmd.OutOrStdout())
			}
			return verb.once(cmd.Context(), cmd.OutOrStdout())
		},
	}
	verb.add(cmd)
	cmd.Flags().BoolVar(&verb.json, "json", false, "print everything as JSON")
	cmd.Flags().BoolVarP(&verb.watch, "watch", "w", false, "draw it again each second")
	cmd.Flags().BoolVar(&verb.problems, "problems", false, "only what is not well, and why")
	return cmd
}

func (v *statusVerb) once(ctx context.Context, out io.Writer) error {
	picture, bad, err := v.picture(ctx)
	if err != nil && v.problems {
		picture = fmt.Appendf(nil, "not known: %v\n", err) // monitoring systems read standard output only
	}
	if _, err := out.Write(picture); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	if v.problems && bad > 0 {
		return errProblems
	}
	return nil
}

// picture returns what is to be printed, and the number of problems.
func (v *statusVerb) picture(ctx context.Context) ([]byte, int, error) {
	st, err := v.status(ctx)
	if err != nil {
		return nil, 0, err
	}
	st, err = control.Select(st, v.names)
	if err != nil {
		return nil, 0, err
	}
	bad := render.CountProblems(render.OnlyProblems(st))
	switch {
	case v.json && v.problems:
		picture, err := indented(render.OnlyProblems(st))
		return picture, bad, err
	case v.json:
		picture, err := indented(st)
		return picture, bad, err
	case v.problems:
		return render.Problems(st), bad, nil
	}
	return render.Status(st), bad, nil
}

// redraw prints the status each second until it is interrupted. On a terminal each one replaces the one before.
func (v *statusVerb) redraw(ctx context.Context, out io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		picture, _, err := v.picture(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if rows, ok := render.TerminalRows(out); ok && !v.json {
			picture = render.InPlace(picture, rows)
		}
		if _, err := out.Write(picture); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// indented returns v as indented JSON.
func indented(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}
