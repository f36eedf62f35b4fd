package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"meterline/bridge/status"
	"meterline/cmd/meterline/config/table"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/dialer"
	"meterline/cmd/meterline/render"
	"meterline/vport/com0com"
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

// leftWithin is how long the daemon may take to notice that a program has left a port.
const leftWithin = time.Second

// freePath is like portPath, but waits a moment for a port that is busy: the daemon may not have noticed yet that its program has left.
func (v *dialVerb) freePath(ctx context.Context, port string) (string, error) {
	tick := time.NewTicker(leftWithin / 20)
	defer tick.Stop()
	for end := time.Now().Add(leftWithin); ; {
		path, err := v.portPath(ctx, port)
		if _, busy := errors.AsType[*busyError](err); !busy || time.Now().After(end) {
			return path, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// busyError reports that another program has the port open.
type busyError struct{ text string }

func (e *busyError) Error() string { return e.text }

// portPath returns the path of the port to dial from: port itself if it is a path, or that of the first free port of that name.
func (v *dialVerb) portPath(ctx context.Context, port string) (string, error) {
	st, err := v.status(ctx)
	if com0com.IsCOM(port) {
		return comPath(st, strings.ToUpper(port))
	}
	if strings.ContainsAny(port, `/\`) {
		path := control.FullName(port) // without a daemon, or if that has no such port, it may be a real modem
		if i := slices.IndexFunc(st.Ports, func(p status.Port) bool { return control.PortIs(p, path) }); i >= 0 {
			return freePort(st.Ports[i : i+1])
		}
		return path, nil
	}
	if err != nil {
		return "", err
	}
	named := slices.DeleteFunc(slices.Clone(st.Ports), func(p status.Port) bool { return p.Name != port })
	if len(named) == 0 {
		var names []string
		for _, p := range st.Ports {
			if p.Dialup && !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
		return "", fmt.Errorf("no port is called %q: write a path, or a dial-up port such as %s", port, table.OrList(names, "[port.NAME] with dialup = true"))
	}
	return freePort(named)
}

// comPath returns an error if the daemon has that COM port, and it cannot be dialled from. It may also be a port that the daemon knows nothing
// of. Windows itself tells, when the port is opened, whether another program has it open.
func comPath(st status.Status, path string) (string, error) {
	i := slices.IndexFunc(st.Ports, func(p status.Port) bool { return p.Path == path })
	if i < 0 {
		return path, nil
	}
	port := st.Ports[i]
	port.Open = false
	return freePort([]status.Port{port})
}

// freePort returns the path of the first port that can be dialled from now.
func freePort(ports []status.Port) (string, error) {
	var why error
	for _, p := range ports {
		switch {
		case !p.Dialup:
			return "", fmt.Errorf("%s is leased to modem %s: programs open it without dialling, and meterline probe %s asks its meter", p.Path, p.Modem, p.Modem)
		case p.State == "down":
			why = fmt.Errorf("%s could not be made: %s", p.Path, p.LastError)
		case p.Open:
			why = &busyError{fmt.Sprintf("%s is busy: %s has it open (%s)", p.Path, render.OpenedBy(p), p.Telephone)}
		default:
			return p.Path, nil
		}
	}
	if len(ports) > 1 {
		why = fmt.Errorf("none of %d ports is free: %w", len(ports), why)
	}
	return "", why
}
