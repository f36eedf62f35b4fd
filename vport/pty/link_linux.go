package pty

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// A link may be replaced when it is a symlink into /dev/pts that nobody serves any more: its device is gone, or the record of
// Links says that it is ours. The numbers of pseudo-terminals are reused at once, so that a link that a killed program left
// soon leads to somebody else's terminal. Times do not distinguish the two, since clocks are set back.

const ptsFolder = "/dev/pts/"

// occupant returns the device to which the link at path leads, empty if nothing is there. The error says why a link of ours
// cannot replace it.
func occupant(path string, links *Links) (string, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look at %s: %w", path, err)
	case info.IsDir():
		return "", fmt.Errorf("%s is a folder: give the path of a link in it", path)
	case info.Mode()&fs.ModeSymlink == 0:
		return "", fmt.Errorf("%s is not a link but something else (%v): choose another path", path, info.Mode())
	}
	target, err := os.Readlink(path)
	if err != nil {
		return "", fmt.Errorf("look at %s: %w", path, err)
	}
	if !strings.HasPrefix(target, ptsFolder) {
		return "", fmt.Errorf("%s is a link to %s, not to a pseudo-terminal: choose another path, or remove it if nobody needs it", path, target)
	}
	if !dangles(target) && !links.mayReplace(path, target) {
		return "", fmt.Errorf("%s points at %s: %w: stop that one, remove the link if nobody needs it, or choose another path", path, target, vport.ErrInUse)
	}
	return target, nil
}

// publish makes a link to device at path. It replaces what occupant allows, and nothing else that appears in between.
func publish(path, device string, links *Links) error {
	for {
		old, err := occupant(path, links)
		if err != nil {
			return err
		}
		if old != "" {
			return swap(path, device)
		}
		err = os.Symlink(device, path)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

// republish makes our link at path point to another device.
func republish(path, old, device string) error {
	target, err := os.Readlink(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.Symlink(device, path)
	case err != nil:
		return err
	case target != old:
		return fmt.Errorf("%s points at %s now and not at %s: it is not ours any more", path, target, old)
	}
	return swap(path, device)
}

// swap replaces a link in one step, so that a program always finds one.
func swap(path, device string) error {
	fresh := temporary(path)
	err := os.Symlink(device, fresh)
	if target, rerr := os.Readlink(fresh); errors.Is(err, fs.ErrExist) && rerr == nil && strings.HasPrefix(target, ptsFolder) {
		// A process that had our process number was killed in the middle.
		err = errors.Join(os.Remove(fresh), os.Symlink(device, fresh))
	}
	if err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return nil
}

// unpublish removes the link at path if it still points to device.
func unpublish(path, device string) error {
	if target, err := os.Readlink(path); err == nil && target == device {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// checkFolder returns why nothing can be made in a folder, or why the folder cannot be made.
func checkFolder(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist) && folder != filepath.Dir(folder):
		return checkFolder(filepath.Dir(folder))
	case err != nil:
		return fmt.Errorf("folder %s: %w", folder, err)
	case !info.IsDir():
		return fmt.Errorf("folder %s: it is not a folder, choose another path", folder)
	}
	if err := unix.Faccessat(unix.AT_FDCWD, folder, unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
		return fmt.Errorf("folder %s: no link can be made in it, give this user the right to write there: %w", folder, err)
	}
	return nil
}

// temporary returns the name beside path under which this process makes a link.
func temporary(path string) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d", filepath.Base(path), os.Getpid()))
}
