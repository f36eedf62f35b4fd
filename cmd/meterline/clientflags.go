package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"meterline/bridge/status"
	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/exit"
)

// clientFlags are the flags that say where the daemon is. Every verb that talks to the daemon has them.
type clientFlags struct {
	file    string
	control string
	wait    time.Duration
}

func (f *clientFlags) add(cmd *cobra.Command) {
	fileFlag(cmd, &f.file)
	cmd.Flags().StringVar(&f.control, "control", "", "control `SOCKET` of the daemon (default: as in the configuration file)")
	cmd.Flags().DurationVar(&f.wait, "wait", 0, "wait so long for a daemon that is just starting")
}

// client returns a client of the daemon.
func (f *clientFlags) client() (*control.Client, error) {
	socket := f.control
	if socket == "" {
		var err error
		if socket, err = controlOf(f.file); err != nil {
			return nil, err
		}
	}
	return control.NewClient(socket, f.wait), nil
}

// status returns the daemon's status.
func (f *clientFlags) status(ctx context.Context) (status.Status, error) {
	c, err := f.client()
	if err != nil {
		return status.Status{}, err
	}
	return c.Status(ctx)
}

// completeNames completes the names of modems and the paths of ports, as the running daemon knows them.
func (f *clientFlags) completeNames(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), time.Second)
	defer cancel()
	st, err := f.status(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, m := range st.Modems {
		names = append(names, m.Name)
	}
	for _, p := range st.Ports {
		if strings.HasPrefix(prefix, "/") {
			names = append(names, p.Path)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeOne is completeNames for verbs with a single name.
func (f *clientFlags) completeOne(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return f.completeNames(cmd, args, prefix)
}

// completeWatched is completeOne with the names of exchanges.
func (f *clientFlags) completeWatched(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	names, directive := f.completeOne(cmd, args, prefix)
	ctx, cancel := context.WithTimeout(cmd.Context(), time.Second)
	defer cancel()
	if st, err := f.status(ctx); err == nil && len(args) == 0 {
		for _, e := range st.Exchanges {
			if !strings.Contains(e.Name, " ") { // a modem's own listening address
				names = append(names, e.Name)
			}
		}
	}
	return names, directive
}

// controlOf is the control socket that the configuration file names, or its default.
func controlOf(file string) (string, error) {
	p, err := config.PlacesOf(file)
	if err != nil {
		return "", exit.UsageError(fmt.Errorf("control socket: %w; name it with --control", err))
	}
	return p.Control, nil
}
