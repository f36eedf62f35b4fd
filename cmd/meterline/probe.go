package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
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
	iec            bool
	address        string
	modbus, hex    string
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
	flags := cmd.Flags()
	flags.BoolVar(&verb.iec, "iec", false, "IEC 62056-21 sign-on")
	flags.StringVar(&verb.address, "address", "", "with --iec: `ADDRESS` of the meter, empty: whichever there is")
	flags.StringVar(&verb.modbus, "modbus", "", "Modbus RTU: read holding registers `UNIT:REGISTER[:COUNT]`, counted from 0")
	flags.StringVar(&verb.hex, "hex", "", "send these `BYTES`, written in hex")
	flags.DurationVar(&verb.timeout, "timeout", 10*time.Second, "how long to wait for the first byte")
	flags.DurationVar(&verb.pause, "pause", time.Second, "silence that ends the answer")
	cmd.MarkFlagsMutuallyExclusive("iec", "modbus", "hex")
	cmd.MarkFlagsOneRequired("iec", "modbus", "hex")
	cmd.MarkFlagsMutuallyExclusive("address", "modbus")
	cmd.MarkFlagsMutuallyExclusive("address", "hex")
	return cmd
}

func (v *probeVerb) run(cmd *cobra.Command, args []string) error {
	request, err := v.request()
	if err != nil {
		return usageError(err)
	}
	body := probeRequest{Modem: args[0], Request: request, Timeout: v.timeout, Pause: min(v.pause, v.timeout)}
	if err := body.check(); err != nil {
		return usageError(err)
	}
	c, err := v.client()
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if err := printBytes(out, "→", request); err != nil {
		return err
	}
	answer, err := c.probe(cmd.Context(), body)
	if err != nil {
		return err
	}
	if len(answer.Answer) == 0 {
		return fmt.Errorf("the modem of %s has a session, but nothing came back within %v: the meter is silent, or the request is not for it",
			args[0], v.timeout)
	}
	if err := printBytes(out, "←", answer.Answer); err != nil {
		return err
	}
	return say(out, "%s, after %v", v.meaning(request, answer.Answer), answer.Took.Round(time.Millisecond))
}

// request is what the flags ask to be sent.
func (v *probeVerb) request() ([]byte, error) {
	switch {
	case v.iec:
		return []byte("/?" + v.address + "!\r\n"), nil
	case v.modbus != "":
		return modbusRequest(v.modbus)
	}
	request, err := hex.DecodeString(strings.NewReplacer(" ", "", ":", "", "\t", "").Replace(v.hex))
	if err != nil || len(request) == 0 {
		return nil, fmt.Errorf("--hex %q: write pairs of hex digits, e.g. \"7e a0 08\"", v.hex)
	}
	return request, nil
}

// meaning says in words what came back.
func (v *probeVerb) meaning(request, answer []byte) string {
	switch {
	case v.iec:
		return iecMeaning(answer)
	case v.modbus != "":
		return modbusMeaning(request, answer)
	}
	return fmt.Sprintf("%d bytes came back", len(answer))
}

// iecMeaning reads the identification "/XXXZ..." of IEC 62056-21, 6.3.2: manufacturer, speed, name.
func iecMeaning(answer []byte) string {
	_, id, found := strings.Cut(string(answer), "/")
	id, _, ended := strings.Cut(id, "\r\n")
	if !found || !ended || len(id) < 4 {
		return "something came back, but no IEC 62056-21 identification"
	}
	return "the meter answers: " + printable(id)
}

// modbusRequest is function 3 for UNIT:REGISTER[:COUNT].
func modbusRequest(text string) ([]byte, error) {
	fault := fmt.Errorf("--modbus %q: write UNIT:REGISTER[:COUNT], e.g. 1:0:2 (unit 1-247, register 0-65535, count 1-125)", text)
	parts := strings.Split(text, ":")
	if len(parts) == 2 {
		parts = append(parts, "1")
	}
	if len(parts) != 3 {
		return nil, fault
	}
	unit, err1 := strconv.ParseUint(parts[0], 10, 8)
	register, err2 := strconv.ParseUint(parts[1], 10, 16)
	count, err3 := strconv.ParseUint(parts[2], 10, 16)
	if errors.Join(err1, err2, err3) != nil || unit < 1 || unit > 247 || count < 1 || count > 125 {
		return nil, fault
	}
	frame := []byte{byte(unit), 3, byte(register >> 8), byte(register), byte(count >> 8), byte(count)}
	return modbusSeal(frame), nil
}

// printBytes writes what went one way, as watch does.
func printBytes(w io.Writer, arrow string, p []byte) error {
	for _, line := range dump(p) {
		if err := say(w, "%s %s", arrow, line); err != nil {
			return err
		}
	}
	return nil
}
