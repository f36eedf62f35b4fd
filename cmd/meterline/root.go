package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/daemon"
	"meterline/cmd/meterline/exit"
)

const rootLong = `meterline gives every remote meter's modem a local serial port, so that meter-reading
software made for cables and telephone lines reads the meters unchanged.

The daemon is "meterline run"; the verbs that look and act talk to it over its control socket: the one
given with --control, else the one that the configuration file names.`

// newRoot returns the whole command line.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "meterline",
		Short:         "every remote meter's modem as a local serial port",
		Long:          rootLong + "\n\n" + exit.Help(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       daemon.Version(),
	}
	root.SetVersionTemplate("meterline {{.Version}}\n")
	root.AddGroup(
		&cobra.Group{ID: "daemon", Title: "The daemon:"},
		&cobra.Group{ID: "client", Title: "Looking and acting (the daemon must run):"},
	)
	for _, verb := range []func() *cobra.Command{newRun, newCheck, newTidy, newServiceVerb} {
		addVerb(root, verb(), "daemon")
	}
	for _, verb := range []func() *cobra.Command{
		newStatus, newShow, newWatch, newProbe, newDial, newWake, newKick, newReload, newUnknown, newUSB,
	} {
		addVerb(root, verb(), "client")
	}
	for _, verb := range []func() *cobra.Command{newPorts, newProfile, newSim, newVersion} {
		addVerb(root, verb(), "")
	}
	root.AddCommand(newKeysTopic(), newPlacesTopic())
	return root
}

// newKeysTopic returns what "meterline help keys" shows. It is no verb: it has nothing to run.
func newKeysTopic() *cobra.Command {
	return &cobra.Command{
		Use: "keys", Short: "every key of the configuration file, with its value, its default and what it does",
		Long: config.Reference(), Args: cobra.NoArgs,
	}
}

// addVerb adds a verb. Its errors get the exit code Failed unless they have another; errors that cobra finds in the command line stay without
// a code.
func addVerb(root, verb *cobra.Command, group string) {
	verb.GroupID = group
	do := verb.RunE
	verb.RunE = func(cmd *cobra.Command, args []string) error {
		err := do(cmd, args)
		if err == nil || exit.IsCoded(err) {
			return err
		}
		return &exit.Error{Code: exit.Failed, Err: err}
	}
	root.AddCommand(verb)
}

// fileFlag adds -c, the configuration file.
func fileFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", config.DefaultFile(), "configuration `FILE` ($METERLINE_CONFIG)")
	_ = cmd.MarkFlagFilename("config", "toml") // fails only for a flag that does not exist
}

// fileOf returns the configuration file that a command line names: by --config, or as its only argument.
func fileOf(cmd *cobra.Command, flag string, args []string) (string, error) {
	switch {
	case len(args) == 0:
		return flag, nil
	case cmd.Flags().Changed("config") && flag != args[0]:
		return "", exit.UsageError(fmt.Errorf("two configuration files: %s and %s: name one", flag, args[0]))
	}
	return args[0], nil
}

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
