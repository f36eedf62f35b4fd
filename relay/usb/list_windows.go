package usb

import (
	"fmt"
	"slices"
	"strings"

	"go.bug.st/serial"
)

// realPort returns path, if there is such a port now. The list comes from the registry; no port is opened for it.
func realPort(path string) (string, error) {
	names, err := serial.GetPortsList()
	if err != nil {
		return "", fmt.Errorf("list serial ports: %w", err)
	}
	bare := strings.TrimPrefix(path, `\\.\`)
	if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, bare) }) {
		return "", fmt.Errorf("there is no port %s now", bare)
	}
	return bare, nil
}
