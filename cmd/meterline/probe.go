package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/dialer"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
)

const probeLong = `Ask a meter once, past all ports: is it the modem or the meter that is silent? While a program
has the modem leased it is refused, so that no reading is disturbed.

  meterline probe boiler --modbus 1:0:2      unit 1, two holding registers from 0
  meterline probe boiler --iec               IEC 62056-21 sign-on, /?!
  meterline probe boiler --iec --address 12  the same for one meter of several
  meterline probe boiler --hex "00 00 01 b0" any bytes`

// probeVerb is one call of meterline probe.
type probeVerb struct {
	clientFlags
	dialer.Question
	timeout, pause time.Duration
}

func newProbe() *cobra.Command {
	var verb probeVerb
	cmd := &cobra.Command{
		Use:               "probe MODEM",
		Short:             "ask a meter once: is it the modem or the meter that is silent?",
		Long:              probeLong,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: verb.completeOne,
		RunE:              verb.run,
	}
	verb.add(cmd)
	questionFlags(cmd, &verb.Question)
	flags := cmd.Flags()
	flags.DurationVar(&verb.timeout, "timeout", 10*time.Second, "how long to wait for the first byte")
	flags.DurationVar(&verb.pause, "pause", time.Second, "silence that ends the answer")
	cmd.MarkFlagsOneRequired("iec", "modbus", "hex")
	return cmd
}

func (v *probeVerb) run(cmd *cobra.Command, args []string) error {
	request, err := v.Request()
	if err != nil {
		return exit.UsageError(err)
	}
	body := control.ProbeRequest{Modem: args[0], Request: request, Timeout: v.timeout, Pause: min(v.pause, v.timeout)}
	if err := body.Check(); err != nil {
		return exit.UsageError(err)
	}
	c, err := v.client()
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if err := render.PrintBytes(out, "→", request); err != nil {
		return err
	}
	answer, err := c.Probe(cmd.Context(), body)
	if err != nil {
		return err
	}
	if len(answer.Answer) == 0 {
		return fmt.Errorf("the modem of %s has a session, but nothing came back within %v: the meter is silent, or the request is not for it",
			args[0], v.timeout)
	}
	if err := render.PrintBytes(out, "←", answer.Answer); err != nil {
		return err
	}
	return render.Say(out, "%s, after %v", v.Meaning(request, answer.Answer), answer.Took.Round(time.Millisecond))
}

// questionFlags adds the flags of a question to a verb.
func questionFlags(cmd *cobra.Command, q *dialer.Question) {
	flags := cmd.Flags()
	flags.BoolVar(&q.IEC, "iec", false, "IEC 62056-21 sign-on")
	flags.StringVar(&q.Address, "address", "", "with --iec: `ADDRESS` of the meter, empty: whichever there is")
	flags.StringVar(&q.Modbus, "modbus", "", "Modbus RTU: read holding registers `UNIT:REGISTER[:COUNT]`, counted from 0")
	flags.StringVar(&q.Hex, "hex", "", "send these `BYTES`, written in hex")
	cmd.MarkFlagsMutuallyExclusive("iec", "modbus", "hex")
	cmd.MarkFlagsMutuallyExclusive("address", "modbus")
	cmd.MarkFlagsMutuallyExclusive("address", "hex")
}
