package config

import (
	"cmp"
	"os"
	"path/filepath"

	"meterline/cmd/meterline/control"
)

// defaultControl is where the daemon and its client verbs meet when the configuration does not say it. It depends on the
// machine, not on the user, so that both find it.
func defaultControl(string) string { return control.PipePrefix + "meterline" }

// DataFolder is where the configuration, the log and the state of the service stand.
func DataFolder() string {
	return filepath.Join(cmp.Or(os.Getenv("ProgramData"), `C:\ProgramData`), "meterline")
}

// configFolder is where the configuration stands that nobody names.
func configFolder() string { return DataFolder() }

// usualState is where the state file stands on most machines.
func usualState() string { return filepath.Join(DataFolder(), "state.json") }

// defaultLog stands in the folder that the service is given for it: it has no standard error.
func defaultLog() string {
	if dir := os.Getenv(logFolder); dir != "" {
		return filepath.Join(dir, "meterline.log")
	}
	return ""
}

// logFolder is systemd's word for it, as that for the state's folder is.
const logFolder = "LOGS_DIRECTORY"
