//go:build !linux && !windows && !(darwin && cgo)

package usb

import (
	"errors"
	"fmt"
)

// List returns the serial ports of USB devices. This build cannot find out: macOS would need cgo, and for the other systems
// there is no way yet.
func List() ([]Device, error) {
	return nil, fmt.Errorf("list serial ports: %w in this build: choose the modem by its path", errors.ErrUnsupported)
}
