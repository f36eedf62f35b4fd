package main

import (
	"github.com/spf13/cobra"

	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/render"
)

func newShow() *cobra.Command {
	var flags clientFlags
	var json bool
	cmd := &cobra.Command{
		Use:               "show NAME",
		Short:             "everything about one modem or port",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: flags.completeOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			st, err := flags.status(cmd.Context())
			if err != nil {
				return err
			}
			st, err = control.Select(st, args)
			if err != nil {
				return err
			}
			text := render.Show(st)
			if json {
				st.Exchanges, st.USB, st.Log = nil, nil, nil
				if text, err = indented(st); err != nil {
					return err
				}
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&json, "json", false, "print it as JSON")
	return cmd
}
