package usb

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"meterline/relay/wire"
)

// List returns the serial ports of USB devices, in no order.
//
// It reads sysfs itself. The listing of go.bug.st/serial opens every ttyS each time, sets its speed and ends another program's
// exclusive use of it; that must not be done every two seconds.
func List() ([]Device, error) { return listIn("/sys/class/tty", "/dev") }

func listIn(class, dev string) ([]Device, error) {
	names, err := os.ReadDir(class)
	if err != nil {
		return nil, err
	}
	links := linksOf(filepath.Join(dev, "serial", "by-id"), filepath.Join(dev, "serial", "by-path"))
	var found []Device
	for _, n := range names {
		device, err := filepath.EvalSymlinks(filepath.Join(class, n.Name(), "device"))
		if err != nil {
			continue // a console, or a port that was pulled out just now
		}
		if d, ok := deviceAbove(device); ok {
			d.Path = filepath.Join(dev, n.Name())
			d.Links = links[d.Path]
			found = append(found, d)
		}
	}
	return found, nil
}

// deviceAbove reads the USB device that a tty belongs to: its folder in sysfs is a few levels higher.
func deviceAbove(dir string) (Device, bool) {
	var d Device
	for range 5 {
		if d.Interface == "" {
			d.Interface = attribute(dir, "bInterfaceNumber")
		}
		if d.VID = strings.ToLower(attribute(dir, "idVendor")); d.VID != "" {
			d.PID = strings.ToLower(attribute(dir, "idProduct"))
			d.Serial, d.Maker, d.Product = attribute(dir, "serial"), attribute(dir, "manufacturer"), attribute(dir, "product")
			d.Unit = dir
			return d, true
		}
		dir = filepath.Dir(dir)
	}
	return Device{}, false
}

// attribute returns "" where there is none. Devices may say anything of themselves.
func attribute(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return wire.Text(bytes.TrimSpace(b))
}

// linksOf returns the links in folders, by the port that they lead to.
func linksOf(folders ...string) map[string][]string {
	links := map[string][]string{}
	for _, folder := range folders {
		names, _ := os.ReadDir(folder) // absent where nothing is plugged in
		for _, n := range names {
			link := filepath.Join(folder, n.Name())
			if port, err := filepath.EvalSymlinks(link); err == nil {
				links[port] = append(links[port], link)
			}
		}
	}
	return links
}

// realPort follows links. It is an error if the port is not there.
func realPort(path string) (string, error) { return filepath.EvalSymlinks(path) }
