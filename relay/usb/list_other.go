//go:build !linux && !windows

package usb

import "path/filepath"

// realPort follows links. It is an error if the port is not there.
func realPort(path string) (string, error) { return filepath.EvalSymlinks(path) }
