package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"meterline/bridge/status"
	"meterline/cmd/meterline/render"
	"meterline/relay/usb"
)

const usbLong = `What serial ports of USB devices there are on this machine, with what a [usb.NAME] chooses them by;
and, of those that the configuration uses, what the daemon knows: state, model, network, signal,
calls today, which modem has it and which ones wait. Without a daemon it is the plain list.

A SIM's PIN that was refused is not tried again, since three refusals lock the card. Where the modem
tells which SIM is in it before that has its PIN, another SIM is given it nevertheless. Where it does
not, and the PIN is right for another SIM, say so: meterline usb --forget-pin NAME.`

func newUSB() *cobra.Command {
	var flags clientFlags
	var json bool
	var forget string
	cmd := &cobra.Command{
		Use:   "usb",
		Short: "modems plugged into this machine: what they are, and what they do",
		Long:  usbLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if forget != "" {
				return forgetPIN(cmd, &flags, forget)
			}
			picture := render.USBPicture{Plugged: []render.USBDevice{}}
			plugged, err := usb.List()
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				picture.Fault = err.Error()
			}
			for _, d := range plugged {
				picture.Plugged = append(picture.Plugged, render.USBDevice(d))
			}
			slices.SortFunc(picture.Plugged, func(a, b render.USBDevice) int { return strings.Compare(a.Path, b.Path) })
			askDaemon(cmd.Context(), &flags, &picture)
			text := render.USB(picture)
			if json {
				if text, err = indented(picture); err != nil {
					return err
				}
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&json, "json", false, "print it as JSON")
	cmd.Flags().StringVar(&forget, "forget-pin", "", "let a refused PIN be tried once more by the modem of [usb.`NAME`]")
	return cmd
}

func forgetPIN(cmd *cobra.Command, flags *clientFlags, usb string) error {
	c, err := flags.client()
	if err != nil {
		return err
	}
	if err := c.ForgetPIN(cmd.Context(), usb); err != nil {
		return err
	}
	return render.Say(cmd.OutOrStdout(), "usb %s: its PIN is tried again within half a minute", usb)
}

// askDaemon adds to the picture what the daemon knows, if there is one.
func askDaemon(ctx context.Context, flags *clientFlags, p *render.USBPicture) {
	c, err := flags.client()
	if err == nil {
		var st status.Status
		if st, err = c.Status(ctx); err == nil {
			p.Used = st.USB
			return
		}
	}
	p.Daemon = err.Error()
}
