package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/dialer"
)

const dialLong = `Dial a number as meter-reading programs do, and show what the modem says to it: the operator's own
trial of a dial-up port. PORT is a path, tcp://HOST:PORT or rfc2217://HOST:PORT, or the NAME of a
[port.NAME] with dialup = true: then it is the first one that is free.

  meterline dial phones 89180001122 --modbus 1:0:2      call, ask the meter once, hang up
  meterline dial /run/meterline/ttyModem1 12 --iec      the same for IEC 62056-21
  meterline dial rfc2217://127.0.0.1:4021 12 --iec      the same at a port over the network
  meterline dial phones 12                              be the program: Ctrl-] hangs up

Without a question the terminal is joined to the meter; where standard input is no terminal, it is
sent, and what comes is printed until nothing has been sent for the time of --for. What the meter
says goes to standard output, the conversation with the modem to standard error.`

// dialVerb is one call of meterline dial.
type dialVerb struct {
	clientFlags
	call dialer.Call
}

func newDial() *cobra.Command {
	var verb dialVerb
	cmd := &cobra.Command{
		Use:   "dial PORT NUMBER",
		Short: "try a dial-up port: call a number, ask the meter, hang up",
		Long:  dialLong,
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return verb.run(ctx, cmd, args[0], args[1])
		},
		ValidArgsFunction: verb.completeOne,
	}
	verb.add(cmd)
	questionFlags(cmd, &verb.call.Question)
	flags := cmd.Flags()
	flags.DurationVar(&verb.call.Timeout, "timeout", time.Minute, "how long to wait for CONNECT")
	flags.DurationVar(&verb.call.Answer, "answer", 10*time.Second, "how long to wait for the first byte of the meter's answer")
	flags.DurationVar(&verb.call.Pause, "pause", time.Second, "silence that ends the answer")
	flags.DurationVar(&verb.call.Stay, "for", 5*time.Second, "without a question: how long to stay when nothing more is sent")
	return cmd
}

func (v *dialVerb) run(ctx context.Context, cmd *cobra.Command, port, number string) error {
	v.call.In, v.call.Out, v.call.Trace = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	return v.call.Run(ctx, number, func() (string, error) { return v.freePath(ctx, port) })
}
