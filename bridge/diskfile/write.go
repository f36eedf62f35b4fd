package diskfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Write writes data to the file at path, or to that which the link at path leads to. After a crash of the program or of the machine the
// file has either its old or its new content. An existing file keeps its permissions; a new one gets perm, less the umask. Anything
// but a file is refused with ErrNotRegular, and a link that a stranger could have made with ErrStrangersLink.
func Write(path string, data []byte, perm fs.FileMode) error {
	path, err := Follow(path)
	if err != nil {
		return err
	}
	return replace(path, data, perm, false)
}

// Replace is like Write, but a link at path is itself replaced by the file.
func Replace(path string, data []byte, perm fs.FileMode) error {
	return replace(path, data, perm, true)
}

func replace(path string, data []byte, perm fs.FileMode, links bool) error {
	was, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case links && was.Mode()&fs.ModeSymlink != 0:
		was = nil
	default:
		if err := regular(path, was); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(temporary(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL|noFollow, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && was != nil {
		err = f.Chmod(was.Mode().Perm())
	}
	if err == nil {
		err = supported(f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return supported(syncFolder(filepath.Dir(path)))
}

// supported ignores the error of a file system that cannot sync: nothing else can be done.
func supported(err error) error {
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// A temporary file's name is .NAME.RANDOM.new, where RANDOM is what rand.Text returns.
const temporaryEnd = ".new"

// temporary returns a name beside path that nobody can foresee.
func temporary(path string) string {
	folder, name := filepath.Split(path)
	return folder + "." + name + "." + rand.Text() + temporaryEnd
}

// isTemporary reports whether a file of that name is a temporary one of the file called of.
func isTemporary(name, of string) bool {
	random, found := strings.CutPrefix(name, "."+of+".")
	random, isNew := strings.CutSuffix(random, temporaryEnd)
	return found && isNew && len(random) == len(rand.Text()) && strings.Trim(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

const (
	// unfinished is how old a temporary file of a running writer can be; an older one is what a killed writer has left.
	unfinished = time.Minute
	// tidyMost is how many names of a folder Tidy looks at: state files may stand in big folders.
	tidyMost = 10_000
)

// Tidy removes temporary files that writers of the file at path have left when they were killed. It removes only this
// user's own, and returns how many it has removed. What cannot be looked at is left.
func Tidy(path string) (removed int) {
	path, err := Follow(path)
	if err != nil {
		return 0
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return 0
	}
	defer func() { _ = folder.Close() }()  // it was only read
	entries, _ := folder.ReadDir(tidyMost) // those that it read come beside an error
	for _, e := range entries {
		if !isTemporary(e.Name(), filepath.Base(path)) {
			continue
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !isOwn(info) || time.Since(info.ModTime()).Abs() < unfinished {
			continue
		}
		if os.Remove(filepath.Join(folder.Name(), e.Name())) == nil {
			removed++
		}
	}
	return removed
}

// Append opens the file at path for appending. If there is none, it makes one with perm, less the umask. The name of the file is the path with
// all links followed. A link that a stranger could have made is refused with ErrStrangersLink. For a pipe that nobody reads it returns an
// error, and does not wait.
func Append(path string, perm fs.FileMode) (*os.File, error) {
	path, err := Follow(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|noFollow|nonBlock, perm)
	if errors.Is(err, syscall.ENXIO) {
		err = fmt.Errorf("%w: nobody reads what is written there", err)
	}
	return f, err
}

// asideMost is how many files with the same end are kept.
const asideMost = 9

// Aside renames the file at path to path+end, and returns its new name. If that name is taken, the new name is path+end+".2" and so on
// up to ".9", which is replaced.
func Aside(path, end string) (kept string, err error) {
	path, err = Follow(path)
	if err != nil {
		return "", err
	}
	kept = path + end
	for i := 2; i <= asideMost; i++ {
		if _, err := os.Lstat(kept); errors.Is(err, fs.ErrNotExist) {
			break
		}
		kept = fmt.Sprintf("%s%s.%d", path, end, i)
	}
	return kept, os.Rename(path, kept)
}
