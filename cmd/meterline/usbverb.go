package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"meterline/bridge"
	"meterline/relay"
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
			picture := usbPicture{Plugged: []wireDevice{}}
			plugged, err := relay.ListUSB()
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				picture.Fault = err.Error()
			}
			for _, d := range plugged {
				picture.Plugged = append(picture.Plugged, wireDevice(d))
			}
			slices.SortFunc(picture.Plugged, func(a, b wireDevice) int { return strings.Compare(a.Path, b.Path) })
			picture.ask(cmd.Context(), &flags)
			text := renderUSB(picture)
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
	return say(cmd.OutOrStdout(), "usb %s: its PIN is tried again within half a minute", usb)
}

// wireDevice is a relay.USBDevice with the names that it has in JSON.
type wireDevice struct {
	Path      string   `json:"path"`
	VID       string   `json:"vid"`
	PID       string   `json:"pid"`
	Serial    string   `json:"serial,omitempty"`
	Maker     string   `json:"maker,omitempty"`
	Product   string   `json:"product,omitempty"`
	Interface string   `json:"interface,omitempty"`
	Unit      string   `json:"unit,omitempty"`
	Links     []string `json:"links,omitempty"`
}

// usbPicture is all that is known of plugged-in modems.
type usbPicture struct {
	Plugged []wireDevice       `json:"plugged"`
	Fault   string             `json:"fault,omitempty"`  // why that is not all
	Used    []bridge.USBStatus `json:"used,omitempty"`   // by the daemon
	Daemon  string             `json:"daemon,omitempty"` // why it is not known what it does
}

// ask asks the daemon, if there is one.
func (p *usbPicture) ask(ctx context.Context, flags *clientFlags) {
	c, err := flags.client()
	if err == nil {
		var st bridge.Status
		if st, err = c.Status(ctx); err == nil {
			p.Used = st.USB
			return
		}
	}
	p.Daemon = err.Error()
}

// renderUSB is the list, and a page for each modem of the configuration.
func renderUSB(p usbPicture) []byte {
	var b strings.Builder
	t := table{head: []string{"PORT", "USB", "INTERFACE", "SERIAL", "USED-BY", "PRODUCT"}}
	for _, d := range p.Plugged {
		t.row(d.Path, d.VID+":"+d.PID, d.Interface, d.Serial, p.user(d), strings.TrimSpace(d.Maker+" "+d.Product))
	}
	switch {
	case p.Fault != "":
		fmt.Fprintf(&b, "what is plugged in is not known: %s\n", printable(p.Fault))
	case len(p.Plugged) == 0:
		b.WriteString("no serial port of a USB device is plugged in\n")
	default:
		b.WriteString(t.String())
	}
	for _, u := range p.Used {
		b.WriteString("\n" + usbPage(u).String())
	}
	if p.Daemon != "" {
		fmt.Fprintf(&b, "what is done with them is not known: %s\n", printable(p.Daemon))
	}
	return []byte(b.String())
}

// user is the [usb.NAME] that works with a port.
func (p usbPicture) user(d wireDevice) string {
	for _, u := range p.Used {
		for _, line := range u.About {
			device, is := strings.CutPrefix(line, "device: ")
			if path, _, _ := strings.Cut(device, " "); is && path == d.Path {
				return u.Name
			}
		}
	}
	return ""
}

func usbPage(u bridge.USBStatus) *page {
	p := &page{title: "usb " + printable(u.Name)}
	p.line("state", u.State)
	for _, line := range u.About {
		label, value, _ := strings.Cut(line, ": ")
		p.line(label, value)
	}
	p.line("today", fmt.Sprintf("calls and wake-ups: %d, data calls: %s", u.Calls, u.Talked))
	p.line("has it", u.Modem)
	p.line("wait for it", strings.Join(u.Waiting, ", "))
	p.line("awaited", strings.Join(u.Awaited, "; "))
	return p
}
