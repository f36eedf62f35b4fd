package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"meterline/bridge/diskfile"
)

// versionsAhead is how many versions of the state file newer than ours Check looks for.
const versionsAhead = 20

// Check returns what a daemon would find wrong with the state file at path, and names files of newer programs that were put aside next
// to it. It changes nothing. An empty path means that there is no state file.
func Check(path string) (warnings []string) {
	if path == "" {
		return nil
	}
	_, err := read(path)
	if bad, ok := errors.AsType[*foreignError](err); ok {
		warnings = append(warnings, fmt.Sprintf("%v: at the next start it is put aside as %s%s and counters start anew", err, bad.path, bad.end))
	} else if err != nil {
		warnings = append(warnings, fmt.Sprintf("state file: %v: counters are not kept", err))
	}
	real, err := diskfile.Follow(path)
	if err != nil {
		return warnings
	}
	for version := formatVersion + 1; version <= formatVersion+versionsAhead; version++ {
		kept := real + asideEnd(version)
		if _, err := os.Lstat(kept); err == nil {
			warnings = append(warnings, fmt.Sprintf("state file: %s is of a newer program and was put aside; to go on with it, install that program and rename the file to %s",
				kept, filepath.Base(real)))
		}
	}
	return warnings
}
