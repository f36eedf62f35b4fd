package config

import (
	"cmp"
	"os"
	"path/filepath"

	"meterline/cmd/meterline/control"
)

// defaultControl is the named pipe where the configuration names none. It does not depend on the user: the daemon and its
// clients must find the same one.
func defaultControl(string) string { return control.PipePrefix + "meterline" }

// DataFolder is the folder of the configuration, the log and the state of the service.
func DataFolder() string {
	return filepath.Join(cmp.Or(os.Getenv("ProgramData"), `C:\ProgramData`), "meterline")
}

// configFolder is the folder of the default configuration file.
func configFolder() string { return DataFolder() }

// usualState is the path of the state file that warnings propose.
func usualState() string { return filepath.Join(DataFolder(), "state.json") }

// defaultLog is a file in the folder that the service is given, since a service has no standard error.
func defaultLog() string {
	if dir := os.Getenv(logFolder); dir != "" {
		return filepath.Join(dir, "meterline.log")
	}
	return ""
}

// logFolder is the variable that names the folder, as under systemd.
const logFolder = "LOGS_DIRECTORY"
