package main

import (
	"github.com/spf13/cobra"

	"meterline/cmd/meterline/daemon"
)

const runLong = `Serve the configuration until SIGTERM or SIGINT; a second one of them, a second or more later, ends
the program at once. SIGHUP reloads the configuration. "meterline is ready" in the log, and READY=1 under systemd
(Type=notify), say that every port has been made and that every exchange and modem's own address
listens, or has failed once and is tried again; so it is after a reload. The watchdog is fed if
there is one. The log goes to standard error, or to log_file.`

func newRun() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "run [FILE]",
		Short: "be the daemon: make the ports, and keep the line to every modem",
		Long:  runLong,
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := fileOf(cmd, file, args)
			if err != nil {
				return err
			}
			return daemon.RunHere(cmd.Context(), cmd.ErrOrStderr(), file)
		},
	}
	fileFlag(cmd, &file)
	return cmd
}
