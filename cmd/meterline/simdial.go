package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/dialer"
	"meterline/cmd/meterline/render"
	"meterline/relay/simulated/meters"
	"meterline/vport/hayes/hayestest"
)

// simDial is a simulated program that dials a meter, in place of a simulated modem.
type simDial struct {
	port, number    string
	program         string
	protocol        string
	unit            byte
	address         string
	calls           int
	hangUp          string
	pause, ringWait time.Duration
}

// How a simulated program may end its calls.
const (
	hangUpEscape = "escape"
	hangUpClose  = "close"
)

func (d *simDial) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&d.port, "dial", "", "dial from this `PORT` and read a meter, as a program does")
	flags.StringVar(&d.number, "number", "", "with --dial: whom; empty: wait for calls that come in; with --usb-modem: the meter's, the first of --count")
	flags.StringVar(&d.program, "program", hayestest.Names()[0], "with --dial: family of program: "+strings.Join(hayestest.Names(), ", "))
	flags.StringVar(&d.protocol, "meter-protocol", meters.KindModbus, "with --dial: what the meter speaks: "+meters.KindModbus+" or "+meters.KindIEC)
	flags.IntVar(&d.calls, "calls", 1, "with --dial: how many, one after the other")
	flags.StringVar(&d.hangUp, "hang-up", hangUpEscape, "with --dial: escape (+++ and ATH) or close (the port)")
	flags.DurationVar(&d.pause, "pause", 0, "with --dial: between two calls")
	flags.DurationVar(&d.ringWait, "ring-wait", time.Minute, "with --dial and no number: how long to wait for a call")
	_ = cmd.RegisterFlagCompletionFunc("program", cobra.FixedCompletions(hayestest.Names(), cobra.ShellCompDirectiveNoFileComp))
}

func (d *simDial) check() error {
	_, err := hayestest.New(d.program)
	switch {
	case err != nil:
		return fmt.Errorf("--program: %w", err)
	case d.protocol != meters.KindModbus && d.protocol != meters.KindIEC:
		return fmt.Errorf("--meter-protocol %s: write %s or %s", d.protocol, meters.KindModbus, meters.KindIEC)
	case d.hangUp != hangUpEscape && d.hangUp != hangUpClose:
		return fmt.Errorf("--hang-up %s: write %s or %s", d.hangUp, hangUpEscape, hangUpClose)
	case d.calls < 1:
		return fmt.Errorf("--calls %d: write a number from 1", d.calls)
	}
	return nil
}

// run makes the calls, and prints a line for each. An error says how many have failed.
func (d *simDial) run(ctx context.Context, w io.Writer) error {
	failed := 0
	for i := range d.calls {
		if i > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(d.pause):
			}
		}
		told, err := d.call(ctx)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			failed++
			told = "failed: " + err.Error()
		}
		if err := render.Say(w, "call %d: %s", i+1, told); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s failed", failed, render.Counted(d.calls, "call"))
	}
	return nil
}

// call opens the port, calls, reads the meter, hangs up and closes the port. It returns a description of the result.
func (d *simDial) call(ctx context.Context) (told string, err error) {
	program, err := hayestest.New(d.program)
	if err != nil {
		return "", err
	}
	port, err := dialer.OpenSerial(d.port)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, port.Close()) }()
	stop := context.AfterFunc(ctx, func() { _ = port.Close() }) // when the program ends, nothing of it must go on
	defer stop()
	begin := time.Now()
	if d.number == "" {
		err = program.Answer(port, d.ringWait)
	} else {
		err = program.Dial(port, d.number)
	}
	if err != nil {
		return "", err
	}
	connected := time.Now()
	reading, err := d.read(port)
	if err != nil {
		return "", errors.Join(err, d.end(program, port))
	}
	took := time.Since(connected)
	if err := d.end(program, port); err != nil {
		return "", fmt.Errorf("hang up: %w", err)
	}
	return fmt.Sprintf("connected after %v, %s in %v, hung up",
		connected.Sub(begin).Round(time.Millisecond), reading, took.Round(time.Millisecond)), nil
}

func (d *simDial) end(program hayestest.Dialler, port hayestest.Wire) error {
	if d.hangUp == hangUpClose {
		return nil // closing the port follows
	}
	return program.HangUp(port)
}

// read reads the meter once.
func (d *simDial) read(port hayestest.Wire) (told string, err error) {
	const wait = 10 * time.Second
	if d.protocol == meters.KindIEC {
		r, err := meters.ReadIEC(port, d.address, wait)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s: %s", render.Printable(r.Identification), render.Counted(len(r.Values), "value")), nil
	}
	values, err := meters.ReadModbus(port, d.unit, 3, 0, 10, wait)
	if err != nil {
		return "", err
	}
	return render.Counted(len(values), "register"), nil
}
