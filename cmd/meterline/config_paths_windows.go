package main

import (
	"os"
	"path/filepath"
)

// defaultControl is where the daemon and its client verbs meet when the configuration does not say it. It depends on the
// machine, not on the user, so that both find it.
func defaultControl(dir string) string {
	if data := os.Getenv("ProgramData"); data != "" {
		dir = filepath.Join(data, "meterline")
	}
	return filepath.Join(dir, "control.sock")
}
