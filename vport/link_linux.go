package vport

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A link may be replaced when it is a symlink into /dev/pts that nobody serves any more: its device is gone, or was made after
// the link. The numbers of pseudo-terminals are reused at once, so a link that a killed program left soon points at somebody
// else's terminal; but a served link is always younger than its device. That tells the two apart without lock files, for
// links of other programs (socat, ser2net) as well, and whoever may make the link may know.

const ptsFolder = "/dev/pts/"

// checkLink says why a link cannot be made at path, nil if nothing is there or what is there may be replaced.
func checkLink(path string) error {
	_, err := occupant(path)
	return err
}

// occupant is the device that a link at path points at, if it may be replaced, empty if nothing is there.
func occupant(path string) (string, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look at %s: %w", path, err)
	case info.IsDir():
		return "", fmt.Errorf("%s is a folder: give the path of a link in it", path)
	case info.Mode()&fs.ModeSymlink == 0:
		return "", fmt.Errorf("%s is not a link of ours (%v): remove it or choose another path", path, info.Mode())
	}
	target, err := os.Readlink(path)
	if err != nil {
		return "", fmt.Errorf("look at %s: %w", path, err)
	}
	if !strings.HasPrefix(target, ptsFolder) {
		return "", fmt.Errorf("%s is a link to %s, not to a pseudo-terminal: remove it or choose another path", path, target)
	}
	if served(path, target) {
		return "", fmt.Errorf("%s points at %s: %w, stop that one or choose another path", path, target, ErrInUse)
	}
	return target, nil
}

// served tells whether device is the one that the link at path was made for. A device's ctime is that of its making or of a
// chmod right after it; reads and writes do not move it.
func served(path, device string) bool {
	var link, node unix.Stat_t
	if unix.Lstat(path, &link) != nil || unix.Lstat(device, &node) != nil {
		return false
	}
	made, linked := node.Ctim.Nano(), link.Mtim.Nano()
	if link.Mtim.Nsec == 0 {
		linked += int64(time.Second) // a file system that counts seconds only
	}
	return made <= linked
}

// publish puts a link to device at path. It replaces what occupant allows, and nothing else that comes in between.
func publish(path, device string) error {
	for {
		old, err := occupant(path)
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

// republish lets our link at path point at another device.
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

// swap replaces a link in one step, so that no program ever finds none.
func swap(path, device string) error {
	fresh := temporary(path)
	err := os.Symlink(device, fresh)
	if target, rerr := os.Readlink(fresh); errors.Is(err, fs.ErrExist) && rerr == nil && strings.HasPrefix(target, ptsFolder) {
		// A process that had our number was killed in the middle.
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

// unpublish removes the link at path if it still points at device.
func unpublish(path, device string) error {
	if target, err := os.Readlink(path); err == nil && target == device {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// checkFolder says why nothing can be made in a folder, or why the folder cannot be made.
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

// temporary is the name beside path under which this process makes a link.
func temporary(path string) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d", filepath.Base(path), os.Getpid()))
}
