//go:build unix

package diskfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Writable returns why this process could not make a file at path or write the one that is there, nil if it could. It makes nothing.
// Folders that are missing count as made if the nearest one above them can be written.
func Writable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return canMakeIn(filepath.Dir(path))
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder: write the name of a file in it", path)
	}
	if err := canMakeIn(filepath.Dir(path)); err != nil {
		return err // new ones are put in its place
	}
	if err := unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS); err != nil {
		return fmt.Errorf("%s: this user (%d) may not write it: %w", path, os.Geteuid(), err)
	}
	return nil
}

// canMakeIn returns why no file could be made in folder.
func canMakeIn(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist) && folder != filepath.Dir(folder):
		return canMakeIn(filepath.Dir(folder))
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder: choose another path", folder)
	}
	if err := unix.Faccessat(unix.AT_FDCWD, folder, unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
		return fmt.Errorf("folder %s: this user (%d) may make nothing in it: %w", folder, os.Geteuid(), err)
	}
	return nil
}
