// Package diskfile reads and writes the program's own files. It never waits for a pipe, never follows a link that a stranger could have
// made, and never leaves half a file behind. It knows nothing of what is in the files.
package diskfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// ErrNotRegular reports that a pipe, a device, a socket or a folder is in the place of a file.
var ErrNotRegular = errors.New("not a regular file")

// ErrStrangersLink reports a link in a folder that users other than root and this one can write to.
var ErrStrangersLink = errors.New("it is a link that a stranger could have made")

// Read returns the content of the regular file at path, which may be a link to one. A file of more than limit bytes is an
// error. Anything else could keep its reader waiting and is refused with ErrNotRegular; it is not opened, since that alone
// sets the lines of a serial port. The null device counts as an empty file.
func Read(path string, limit int64) (text []byte, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			failed.Op = "open" // which is what the caller wants
		}
		return nil, err
	case isNull(info):
		return nil, nil
	}
	if err := regular(path, info); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlock, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if err := regular(path, info); err != nil { // something else has taken its place meanwhile
		return nil, err
	}
	return ReadAll(f, limit)
}

// ReadAll returns what is left of f; more than limit bytes is an error.
func ReadAll(f *os.File, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = &fs.PathError{Op: "read", Path: f.Name(), Err: fmt.Errorf("it has more than %d MiB", limit>>20)}
	}
	return text, err
}

// regular returns an error that says what stands at path instead of a file.
func regular(path string, info fs.FileInfo) error {
	var what string
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		what = "a pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	case mode&fs.ModeSymlink != 0:
		what = "a link"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	default:
		what = mode.Type().String()
	}
	return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("%s stands there: %w", what, ErrNotRegular)}
}

func isNull(info fs.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(null, info)
}

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
