package usb

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// obstacle returns what keeps us from using a port, found out without opening it.
func obstacle(d Device) error {
	if err := unix.Faccessat(unix.AT_FDCWD, d.Path, unix.R_OK|unix.W_OK, unix.AT_EACCESS); err != nil {
		return explainOpen(err)
	}
	if h := holdersOf(d.Path); h != "" {
		return fmt.Errorf("%w%s", ErrHeld, h)
	}
	if os.Geteuid() == 0 || d.VID == "" || keptOff(d, "/run/udev/data") {
		return nil
	}
	if s := suspect(); s != "" { // only root sees what it has open
		return fmt.Errorf("it is there%s", s)
	}
	return nil
}

// keptOff reports whether udev keeps ModemManager off a port or its device. data is the folder of udev's database, which has a
// file for each device, named by its number.
func keptOff(d Device, data string) bool {
	var port unix.Stat_t
	files := []string{"c" + attribute(d.Unit, "dev")}
	if unix.Stat(d.Path, &port) == nil {
		files = append(files, fmt.Sprintf("c%d:%d", unix.Major(port.Rdev), unix.Minor(port.Rdev)))
	}
	for _, file := range files {
		known, _ := os.ReadFile(filepath.Join(data, file)) // absent: udev knows nothing of it
		for line := range bytes.Lines(known) {
			switch string(bytes.TrimSpace(line)) {
			case "E:ID_MM_DEVICE_IGNORE=1", "E:ID_MM_PORT_IGNORE=1":
				return true
			}
		}
	}
	return false
}
