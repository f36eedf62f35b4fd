package main

import (
	"github.com/spf13/cobra"

	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/render"
)

func newKick() *cobra.Command {
	var flags clientFlags
	cmd := &cobra.Command{
		Use:               "kick NAME",
		Short:             "end a modem's session, so that it calls or is called again",
		Long:              "End the present session of a modem. NAME is a modem's or a port's, or the path of a port.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: flags.completeOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := flags.client()
			if err != nil {
				return err
			}
			if err := c.Kick(cmd.Context(), control.FullName(args[0])); err != nil {
				return err
			}
			return render.Say(cmd.OutOrStdout(), "kicked %s", args[0])
		},
	}
	flags.add(cmd)
	return cmd
}
