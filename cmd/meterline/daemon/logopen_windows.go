package daemon

import (
	"os"

	"meterline/bridge/diskfile"
)

// openLogFile opens the log at path for appending.
func openLogFile(path string) (*os.File, error) { return diskfile.Append(path, 0o640) }
