package service

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"meterline/bridge/diskfile"
)

// ownFile is a file that belongs to meterline as long as nobody changes it. Its first line has the sum of what follows, by
// which a change shows.
type ownFile struct {
	path, text string
}

// errChanged: the file was changed by hand, or was never meterline's.
var errChanged = errors.New("was not written by meterline service install, or was changed since: keep what you need of it and write --force")

const sealStart = "# Written by meterline service install. Changes belong elsewhere (systemctl edit meterline). sha256 of the rest: "

func seal(text string) string { return fmt.Sprintf("%s%x\n", sealStart, sha256.Sum256([]byte(text))) }

// check reports whether the file may be written or removed; there: whether it is there at all.
func (f ownFile) check() (there bool, err error) {
	was, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	first, rest, _ := strings.Cut(string(was), "\n")
	if first+"\n" != seal(rest) {
		return true, fmt.Errorf("%s %w", f.path, errChanged)
	}
	return true, nil
}

// write puts the file in its place in one step.
func (f ownFile) write() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	if err := diskfile.Replace(f.path, []byte(seal(f.text)+f.text), 0o644); err != nil {
		return err
	}
	return os.Chmod(f.path, 0o644) // whatever the umask: it is no secret
}
