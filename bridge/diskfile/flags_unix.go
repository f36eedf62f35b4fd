//go:build unix

package diskfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const (
	nonBlock = syscall.O_NONBLOCK // to open a pipe does not wait for its other end
	noFollow = syscall.O_NOFOLLOW
)

// syncFolder has the folder's entries written to the disk. A folder that may be written to but not read cannot be synced.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// isOwn reports whether a file belongs to this user.
func isOwn(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
