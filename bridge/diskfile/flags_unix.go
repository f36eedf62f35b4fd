//go:build unix

package diskfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const (
	nonBlock = syscall.O_NONBLOCK // opening a pipe does not wait for its other end
	noFollow = syscall.O_NOFOLLOW
)

// syncFolder writes the folder's entries to the disk. A folder that this user cannot read cannot be synced, which is no error.
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
