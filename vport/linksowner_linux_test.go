package vport

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// What root makes in the folder of a service, by one `sudo meterline tidy`, is the service's: else it could not take its lock
// any more.
func TestWhatRootMakesIsTheFoldersOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: it makes nothing for others")
	}
	folder := t.TempDir()
	if err := os.Chown(folder, nobodyID, nobodyID); err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(folder, "state.json")
	links, err := OpenLinks(base, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeFile(t, links)
	for _, end := range []string{".lock", ".ports"} {
		var s unix.Stat_t
		if err := unix.Lstat(base+end, &s); err != nil || s.Uid != nobodyID || s.Gid != nobodyID {
			t.Errorf("%s belongs to %d:%d, %v, want %d", end, s.Uid, s.Gid, err, nobodyID)
		}
	}
}

// What stood there before stays whose it was: in a folder of a stranger it may be another name of any file.
func TestALockThatIsThereKeepsItsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: it makes nothing for others")
	}
	folder := t.TempDir()
	base := filepath.Join(folder, "state.json")
	if err := errors.Join(os.WriteFile(base+".lock", nil, 0o600), os.Chown(folder, nobodyID, nobodyID)); err != nil {
		t.Fatal(err)
	}
	links, err := OpenLinks(base, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeFile(t, links)
	var s unix.Stat_t
	if err := unix.Lstat(base+".lock", &s); err != nil || s.Uid != 0 || fs.FileMode(s.Mode).Perm() != 0o600 {
		t.Errorf("the lock belongs to %d, mode %o, %v", s.Uid, s.Mode, err)
	}
}
