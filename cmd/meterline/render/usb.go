package render

import (
	"fmt"
	"strings"

	"meterline/bridge/status"
)

// USBDevice is a usb.Device with names for JSON.
type USBDevice struct {
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

// USBPicture is everything that is known about plugged-in modems.
type USBPicture struct {
	Plugged []USBDevice  `json:"plugged"`
	Fault   string       `json:"fault,omitempty"`  // why the list of devices is not complete
	Used    []status.USB `json:"used,omitempty"`   // the modems that the daemon uses
	Daemon  string       `json:"daemon,omitempty"` // why it is not known what the daemon does
}

// USB returns the list of devices, and a page for each modem of the configuration.
func USB(p USBPicture) []byte {
	var b strings.Builder
	t := Table{Head: []string{"PORT", "USB", "INTERFACE", "SERIAL", "USED-BY", "PRODUCT"}}
	for _, d := range p.Plugged {
		t.Row(d.Path, d.VID+":"+d.PID, d.Interface, d.Serial, p.user(d), strings.TrimSpace(d.Maker+" "+d.Product))
	}
	switch {
	case p.Fault != "":
		fmt.Fprintf(&b, "what is plugged in is not known: %s\n", Printable(p.Fault))
	case len(p.Plugged) == 0:
		b.WriteString("no serial port of a USB device is plugged in\n")
	default:
		b.WriteString(t.String())
	}
	for _, u := range p.Used {
		b.WriteString("\n" + usbPage(u).String())
	}
	if p.Daemon != "" {
		fmt.Fprintf(&b, "what is done with them is not known: %s\n", Printable(p.Daemon))
	}
	return []byte(b.String())
}

// user returns the [usb.NAME] that uses a port, empty if none does.
func (p USBPicture) user(d USBDevice) string {
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

func usbPage(u status.USB) *page {
	p := &page{title: "usb " + Printable(u.Name)}
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
