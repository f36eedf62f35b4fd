package pty

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"meterline/vport"
)

// aliased is a site whose folder of ports has a second name, which is a link.
func aliased(t *testing.T) (s *linkSite, folder, alias string) {
	t.Helper()
	s = newLinkSite(t)
	folder, alias = filepath.Join(s.dir, "ports"), filepath.Join(s.dir, "alias")
	if err := errors.Join(os.Mkdir(folder, 0o755), os.Symlink(folder, alias)); err != nil {
		t.Fatal(err)
	}
	return s, folder, alias
}

// Two ports whose paths are one place, by a link to its folder, must not take turns there: a program that opens the one would
// talk to the other's meter.
func TestOnePlaceUnderTwoNames(t *testing.T) {
	t.Parallel()
	s, folder, alias := aliased(t)
	specs := []vport.Spec{{Address: filepath.Join(folder, "x")}, {Address: filepath.Join(alias, "x")}}
	if err := s.links.Deal(specs); err != nil {
		t.Fatal(err)
	}
	w := tendedWith(t, s.links)
	first, err := openPort(specs[0], w, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closeFile(t, first)
	second, err := openPort(specs[1], w, nil)
	if err == nil {
		closeFile(t, second)
	}
	if !errors.Is(err, vport.ErrInUse) {
		t.Errorf("the second port: %v, want ErrInUse", err)
	}
	if err := s.links.Check(specs[1]); !errors.Is(err, vport.ErrInUse) {
		t.Errorf("Check of the second port: %v, want ErrInUse", err)
	}
	leads(t, specs[0].Address, first.(*ptyPort).pair.device)
}

// Two names of one folder have one watch of inotify between them. A link is made anew under either, and still under one when the
// other is not needed any more.
func TestLinksOfAFolderWithTwoNames(t *testing.T) {
	t.Parallel()
	s, folder, alias := aliased(t)
	specs := []vport.Spec{{Address: filepath.Join(folder, "x")}, {Address: filepath.Join(alias, "y")}}
	if err := s.links.Deal(specs); err != nil {
		t.Fatal(err)
	}
	w := tendedWith(t, s.links)
	var ports []*ptyPort
	for _, spec := range specs {
		p, err := openPort(spec, w, nil)
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, p.(*ptyPort))
	}
	defer closeFile(t, ports[1])
	anew := func(p *ptyPort) {
		t.Helper()
		if err := os.Remove(p.path); err != nil {
			t.Fatal(err)
		}
		leads(t, p.path, p.pair.device)
	}
	anew(ports[0])
	anew(ports[1])
	closeFile(t, ports[0])
	anew(ports[1])
}

// A folder that is removed and made anew may get its old inode number, and has no watch any more.
func TestLinkInAFolderMadeAnew(t *testing.T) {
	t.Parallel()
	s := newLinkSite(t)
	w := tendedWith(t, s.links)
	ports, _ := s.openWatched(w, "a")
	p := ports[0]
	for range 3 {
		if err := os.Rename(p.path, filepath.Join(s.dir, "a")); err != nil {
			t.Fatal(err)
		}
		for os.Remove(filepath.Dir(p.path)) != nil { // the link may be there again
			_ = os.Remove(p.path)
		}
		leads(t, p.path, p.pair.device)
		time.Sleep(3 * w.tendEvery / 2) // a look at the folder has gone by
		if err := os.Remove(p.path); err != nil {
			t.Fatal(err)
		}
		leads(t, p.path, p.pair.device)
	}
}
