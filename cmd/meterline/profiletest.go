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

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
	"meterline/relay/profile/trace"
)

const profileTestLong = `Play a connection with a modem by the parsers that real ones meet, and show what becomes of what it
sends: which bytes register it and as whom, what is answered, what is the meter's data, a heartbeat,
held back or dropped. Nothing is sent anywhere. Each --hex or --text arrives by itself, --pause
after the one before.

  meterline profile test zlan --hex "FA 07 13 02 FA 02 22 11 00 48 DE AC FA FF" --hex "FA 01 01 00 00 01 B0"
  meterline profile test dtu -c meterline.toml --text 'LOGIN:1001\r\n' --text LOG

Without --id and without a configuration that has modems of the profile, every id is known. Secrets are
not compared, and the protocol of a modem is not known here: a heartbeat glued to data is data.
"meterline help places" lists what can stand in { }.`

// profileTest is one call of meterline profile test.
type profileTest struct {
	file     string
	ids      []string
	pause    time.Duration
	arrivals []arriving
}

// arriving is the bytes of one --hex or --text; their order counts.
type arriving []byte

// arrivalFlag is a flag that adds to the bytes of a test.
type arrivalFlag struct {
	to   *[]arriving
	read func(string) ([]byte, error)
	kind string
}

func (f arrivalFlag) String() string { return "" }
func (f arrivalFlag) Type() string   { return f.kind }

func (f arrivalFlag) Set(s string) error {
	b, err := f.read(s)
	if err != nil {
		return err
	}
	*f.to = append(*f.to, b)
	return nil
}

func newProfileTest() *cobra.Command {
	var verb profileTest
	cmd := &cobra.Command{
		Use:               "test NAME",
		Short:             "what becomes of given bytes, step by step",
		Long:              profileTestLong,
		Args:              oneProfile,
		ValidArgsFunction: completeProfile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return verb.run(cmd.OutOrStdout(), args[0])
		},
	}
	profileFile(cmd, &verb.file)
	flags := cmd.Flags()
	flags.Var(arrivalFlag{&verb.arrivals, hexBytes, "BYTES"}, "hex", "the modem sends these `BYTES`, in hex")
	flags.Var(arrivalFlag{&verb.arrivals, textBytes, "TEXT"}, "text", "the modem sends this `TEXT`, with the escapes of Go")
	flags.StringArrayVar(&verb.ids, "id", nil, "`ID` of a modem in the configuration")
	flags.DurationVar(&verb.pause, "pause", time.Second, "time between arrivals")
	return cmd
}

func hexBytes(s string) ([]byte, error) {
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", ":", "", "\t", "").Replace(s))
	if err != nil || len(b) == 0 {
		return nil, errors.New(`write pairs of hex digits, e.g. "7e a0 08"`)
	}
	return b, nil
}

func textBytes(s string) ([]byte, error) {
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	if err != nil || text == "" {
		return nil, errors.New(`an escape is wrong; write e.g. 'LOGIN:1001\r\n' or '\x7b\x01'`)
	}
	return []byte(text), nil
}

// run plays the connection. It returns an error if the modem is refused.
func (v *profileTest) run(w io.Writer, name string) error {
	if v.pause < 0 || v.pause > time.Hour {
		return exit.UsageError(fmt.Errorf("--pause %v: write something from 0s to 1h", v.pause))
	}
	b, err := newBook(v.file)
	if err != nil {
		return err
	}
	p, err := b.find(name)
	if err != nil {
		return err
	}
	ids := v.ids
	if len(ids) == 0 {
		ids = b.ids[name]
	}
	for _, id := range v.ids {
		if err := config.CheckID(p, id); err != nil && p.Registers() {
			return exit.UsageError(fmt.Errorf("--id %w", err))
		}
	}
	arrivals := make([]trace.Arrival, 0, len(v.arrivals))
	for i, a := range v.arrivals {
		pause := v.pause
		if i == 0 {
			pause = 0
		}
		arrivals = append(arrivals, trace.Arrival{Bytes: a, After: pause})
	}
	steps, err := trace.Play(&p, arrivals, ids, time.Now())
	if err != nil {
		return exit.UsageError(err)
	}
	if _, err := io.WriteString(w, renderSteps(steps)); err != nil {
		return err
	}
	for _, s := range steps {
		if s.What == trace.Refuses {
			return &exit.Error{Code: exit.Failed, Err: errors.New(s.Text), Quiet: true}
		}
	}
	return nil
}

// renderSteps returns a line for each step, and more for one with many bytes.
func renderSteps(steps []trace.Step) string {
	if len(steps) == 0 {
		return "nothing is sent, and the modem says nothing: write --hex or --text\n"
	}
	var b strings.Builder
	for _, s := range steps {
		lines := render.HexDump(s.Bytes)
		if s.Text != "" || len(lines) == 0 {
			lines = append([]string{render.Printable(s.Text)}, lines...)
		}
		at, what := s.At.String(), string(s.What)
		for _, line := range lines {
			b.WriteString(strings.TrimRight(fmt.Sprintf("%-7s %-14s %s", at, what, line), " ") + "\n")
			at, what = "", ""
		}
	}
	return b.String()
}
