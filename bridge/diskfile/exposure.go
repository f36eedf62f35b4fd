package diskfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Exposure is what everybody can do in a folder.
type Exposure int

// What everybody can do in a folder.
const (
	Guarded     Exposure = iota
	Creatable            // make files in it, which only their owners can remove, as in /tmp
	Replaceable          // put something else in the place of a file
)

// ExposureOf returns what everybody can do in the folder, and in which folder on the way to it. A folder that does not
// exist yet is as its nearest one above that does. On Windows, where access lists decide, it is Guarded.
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

// exposureAlong looks at the folder and at those above it. Of the latter only those count in which it could be replaced.
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
