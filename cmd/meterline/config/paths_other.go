//go:build !windows

package config

import (
	"os"
	"path/filepath"
	"runtime"

	"meterline/cmd/meterline/config/table"
)

// defaultControl is where the daemon and its client verbs meet when the configuration, in the folder dir, does not say it.
// A folder of the system's own is taken by everybody as soon as it is there (systemd's RuntimeDirectory=meterline makes
// it), so that a client that runs as another user than the daemon looks in the same place.
func defaultControl(dir string) string {
	system := "/var/run/meterline"
	if runtime.GOOS == "linux" {
		system = "/run/meterline"
	}
	if _, err := os.Stat(system); err == nil || os.Geteuid() == 0 {
		return filepath.Join(system, "control.sock")
	}
	if user := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(user) {
		return filepath.Join(user, "meterline.sock")
	}
	return absolute(&table.Source{Name: filepath.Join(dir, "-")}, "meterline.sock")
}

// usualState is where the state file stands on most machines.
func usualState() string { return "/var/lib/meterline/state.json" }

// defaultLog is standard error, which every service manager keeps.
func defaultLog() string { return "" }

// configFolder is where the configuration stands that nobody names.
func configFolder() string { return "/etc/meterline" }
