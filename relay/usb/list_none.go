//go:build !linux && !windows && !(darwin && cgo)

package usb

import (
	"errors"
	"fmt"
)

// List is which serial ports of USB devices there are. This build cannot find out: on macOS that takes cgo, and on the
// other systems there is no way yet.
func List() ([]Device, error) {
	return nil, fmt.Errorf("list serial ports: %w in this build: choose the modem by its path", errors.ErrUnsupported)
}
