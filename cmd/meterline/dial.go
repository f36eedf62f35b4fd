package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
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
	question
	timeout, answer, pause, stay time.Duration
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
	questionFlags(cmd, &verb.question)
	flags := cmd.Flags()
	flags.DurationVar(&verb.timeout, "timeout", time.Minute, "how long to wait for CONNECT")
	flags.DurationVar(&verb.answer, "answer", 10*time.Second, "how long to wait for the first byte of the meter's answer")
	flags.DurationVar(&verb.pause, "pause", time.Second, "silence that ends the answer")
	flags.DurationVar(&verb.stay, "for", 5*time.Second, "without a question: how long to stay when nothing more is sent")
	return cmd
}

// asks tells whether there is a question to the meter.
func (v *dialVerb) asks() bool { return v.iec || v.modbus != "" || v.hex != "" }

func (v *dialVerb) run(ctx context.Context, cmd *cobra.Command, port, number string) error {
	var request []byte
	if v.asks() {
		var err error
		if request, err = v.request(); err != nil {
			return exit.UsageError(err)
		}
	}
	command, err := dialCommand(number)
	if err != nil {
		return exit.UsageError(err)
	}
	path, err := v.freePath(ctx, port)
	if err != nil {
		return err
	}
	wire, err := openDialPort(ctx, path)
	if err != nil {
		return err
	}
	p := &phoneLine{wire: wire, trace: cmd.ErrOrStderr(), out: cmd.OutOrStdout()}
	p.note("-- port " + path)
	stop := context.AfterFunc(ctx, p.interrupt)
	err = v.call(ctx, cmd, p, command, request)
	stop()
	if ctx.Err() != nil {
		err = fmt.Errorf("interrupted: %s has been closed, which hangs up", path)
	}
	return errors.Join(err, wire.Close())
}

// dialCommand is how a number is dialled: by tone, but for names and addresses, of which the T might be a part.
func dialCommand(number string) (string, error) {
	switch {
	case strings.TrimSpace(number) == "":
		return "", errors.New("no number: write the one of a modem, its name, or its id")
	case strings.ContainsFunc(number, func(r rune) bool { return r < ' ' || r > '~' || r == ';' }):
		return "", fmt.Errorf("%q cannot be dialled: write ASCII, without semicolons", number)
	case strings.Trim(number, "0123456789+*#,-() ") == "":
		return "ATDT" + number, nil
	}
	return "ATD" + number, nil
}

// call is everything from ATZ to the end of the call.
func (v *dialVerb) call(ctx context.Context, cmd *cobra.Command, p *phoneLine, command string, request []byte) error {
	if err := p.prepare(); err != nil {
		return err
	}
	if err := p.dial(command, v.timeout); err != nil {
		return err
	}
	var err error
	if request != nil {
		err = v.ask(p, request)
	} else {
		err = p.through(ctx, cmd.InOrStdin(), v.stay)
	}
	if ctx.Err() != nil {
		return err
	}
	return errors.Join(err, p.hangUp())
}

// ask asks the meter once, and says in words what comes back.
func (v *dialVerb) ask(p *phoneLine, request []byte) error {
	if err := printBytes(p.out, "→", request); err != nil {
		return err
	}
	begin := time.Now()
	answer, err := p.ask(request, v.answer, v.pause)
	if err != nil {
		return err
	}
	if len(answer) == 0 && p.ended {
		return errors.New("the session ended before the meter answered")
	}
	if len(answer) == 0 {
		return fmt.Errorf("the call stands, but nothing came back within %v: the meter is silent, or the request is not for it", v.answer)
	}
	took := p.last.Sub(begin)
	if err := printBytes(p.out, "←", answer); err != nil {
		return err
	}
	return render.Say(p.out, "%s, after %v", v.meaning(request, answer), took.Round(time.Millisecond))
}
