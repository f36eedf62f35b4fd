package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/service"
)

const serviceLong = `meterline as a service of the system: under systemd on Linux, and a Windows service. They want root,
or a prompt that runs as administrator.`

func newServiceVerb() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "be a service of the system: install, uninstall, start, stop",
		Long:  serviceLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	m := service.NewManager()
	install := withFile("install", "make the service, or bring it up to date; it begins with the system", m.Install)
	install.Long = service.InstallLong
	m.InstallFlags(install)
	uninstall := plain("uninstall", "stop the service and take away what install wrote; configuration, log and state stay", m.Uninstall)
	m.UninstallFlags(uninstall)
	for _, verb := range []*cobra.Command{
		install, uninstall,
		plain("start", "start the service, and tell why where it does not", m.Start),
		plain("stop", "stop the service in order", m.Stop),
		newServiceRun(m),
	} {
		addVerb(cmd, verb, "")
	}
	return cmd
}

// newServiceRun returns the verb that the service manager calls.
func newServiceRun(m *service.Manager) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "what the service manager starts; anybody else wants meterline run",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return m.Run(cmd.Context(), cmd.ErrOrStderr(), file) },
	}
	fileFlag(cmd, &file)
	return cmd
}

func withFile(use, short string, do func(context.Context, io.Writer, string) error) *cobra.Command {
	var file string
	cmd := plain(use, short, func(ctx context.Context, out io.Writer) error { return do(ctx, out, file) })
	fileFlag(cmd, &file)
	return cmd
}

func plain(use, short string, do func(context.Context, io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return do(cmd.Context(), cmd.OutOrStdout()) },
	}
}
