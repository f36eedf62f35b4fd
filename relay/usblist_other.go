//go:build !linux

package relay

import (
	"os"
	"path/filepath"
	"runtime"
)

// realPort follows links; an error says that the port is not there. Windows has names, not files.
func realPort(path string) (string, error) {
	if runtime.GOOS == "windows" {
		return path, nil
	}
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}
