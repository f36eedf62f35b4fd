package diskfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Exposure is how much harm any user of the machine could do in a folder.
type Exposure int

// The exposures, in rising order.
const (
	Guarded     Exposure = iota
	Creatable            // anybody can make files in it, which only their owners can remove, as in /tmp
	Replaceable          // anybody can replace a file in it by another
)

// ExposureOf returns the exposure of a folder, and which folder on the way to it causes that. For a folder that does not exist yet, the
// nearest one above it that does counts. On Windows, where access lists decide, it is Guarded.
func ExposureOf(folder string) (most Exposure, where string) {
	if runtime.GOOS == "windows" {
		return Guarded, ""
	}
	for {
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) || folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	most, where = exposureAlong(folder)
	if real, err := filepath.EvalSymlinks(folder); err == nil && real != folder {
		if e, at := exposureAlong(real); e > most {
			return e, at
		}
	}
	return most, where
}

// exposureAlong returns the exposure of the folder and those above it. A folder above counts only if the one below could be replaced in
// it.
func exposureAlong(folder string) (most Exposure, where string) {
	for at := folder; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		switch {
		case err != nil || info.Mode().Perm()&0o002 == 0:
		case info.Mode()&fs.ModeSticky == 0:
			return Replaceable, at
		case at == folder:
			most, where = Creatable, at
		}
		if at == filepath.Dir(at) {
			return most, where
		}
	}
}
