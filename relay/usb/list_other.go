//go:build !linux && !windows

package usb

import "path/filepath"

// realPort follows links; an error says that the port is not there.
func realPort(path string) (string, error) { return filepath.EvalSymlinks(path) }
