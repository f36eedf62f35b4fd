package pty

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A link that dangles is gone before the first terminal is made, with no record of it: the terminal may get its number.
func TestDanglingLinkGoesBeforeTerminalsAreMade(t *testing.T) {
	s := newLinkSite(t)
	specs := s.specs("a", "b")
	if err := errors.Join(os.Mkdir(filepath.Dir(specs[0].Address), 0o755), os.Symlink("/dev/pts/999999", specs[0].Address)); err != nil {
		t.Fatal(err)
	}
	made := s.links.open
	s.links.open = func() (int, *os.File, error) {
		if _, err := os.Lstat(specs[0].Address); !errors.Is(err, fs.ErrNotExist) {
			t.Error("a terminal is made while a stale link is there")
		}
		return made()
	}
	if err := s.links.Deal(specs); err != nil {
		t.Fatal(err)
	}
}

// Numbers of another boot say nothing about a link whose identity was not saved.
func TestLinkWithANumberOfAnotherBootStays(t *testing.T) {
	s := newLinkSite(t)
	path := filepath.Join(s.dir, "a")
	foreign := foreignPTY(t)
	number, _ := ptsNumber(foreign)
	if err := os.Symlink(foreign, path); err != nil {
		t.Fatal(err)
	}
	closeFile(t, s.links)
	for boot, want := range map[string]int{"another": 0, bootID(): 1} {
		record, err := json.Marshal(recordFile{Version: recordVersion, Boot: boot, Ports: map[string]*target{path: {PTS: number}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.links.file, record, 0o600); err != nil {
			t.Fatal(err)
		}
		s.start()
		if removed := s.links.Clear(); len(removed) != want {
			t.Errorf("boot %s: removed %q", boot, removed)
		}
		closeFile(t, s.links)
		_ = os.Symlink(foreign, path) // it may be there
	}
}
