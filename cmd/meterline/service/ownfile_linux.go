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

// ownFile is a file that belongs to meterline as long as nobody else changes it. Its first line has the checksum of the rest, so that a
// change is noticed.
type ownFile struct {
	path, text string
}

// errChanged reports that the file was changed by hand, or never belonged to meterline.
var errChanged = errors.New("was not written by meterline service install, or was changed since: keep what you need of it and write --force")

const sealStart = "# Written by meterline service install. Changes belong elsewhere (systemctl edit meterline). sha256 of the rest: "

func seal(text string) string { return fmt.Sprintf("%s%x\n", sealStart, sha256.Sum256([]byte(text))) }

// check returns an error if the file must not be written or removed. there reports whether it exists.
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

// write replaces the file as a whole.
func (f ownFile) write() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	if err := diskfile.Replace(f.path, []byte(seal(f.text)+f.text), 0o644); err != nil {
		return err
	}
	return os.Chmod(f.path, 0o644) // despite the umask: everybody may read it
}
