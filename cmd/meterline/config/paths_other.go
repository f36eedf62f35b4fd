//go:build !windows

package config

import (
	"os"
	"path/filepath"
	"runtime"

	"meterline/cmd/meterline/config/table"
)

// defaultControl is the control socket where the configuration, in the folder dir, names none. The system's folder comes
// first as soon as it exists (systemd's RuntimeDirectory=meterline makes it): a client that runs as another user than the
// daemon must look in the same place.
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

// usualState is the path of the state file that warnings propose.
func usualState() string { return "/var/lib/meterline/state.json" }

// defaultLog is "", standard error, which every service manager keeps.
func defaultLog() string { return "" }

// configFolder is the folder of the default configuration file.
func configFolder() string { return "/etc/meterline" }
