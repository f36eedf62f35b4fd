package pty

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

func TestPathsThatAreRefused(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		spec vport.Spec
		want string
		kind error
	}{
		{"a file for a folder", vport.Spec{Address: file + "/meter"}, "not a directory", unix.ENOTDIR},
		{"the folder itself", vport.Spec{Address: folder}, "is a folder", nil},
		{"an unknown owner", vport.Spec{Address: folder + "/a", Owner: "no such user"}, "no such user", nil},
		{"an unknown group", vport.Spec{Address: folder + "/a", Group: "no such group"}, "no such group", nil},
		{"a mode that is none", vport.Spec{Address: folder + "/a", Mode: fs.ModeSetuid | 0o660}, "permissions only", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := checkPort(c.spec)
			port, open := openPort(c.spec, nil, nil)
			if port != nil {
				t.Errorf("a port: %v", port)
			}
			for what, err := range map[string]error{"Check": check, "Open": open} {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v, want %q", what, err, c.want)
				}
				if c.kind != nil && !errors.Is(err, c.kind) {
					t.Errorf("%s: %v, want %v", what, err, c.kind)
				}
			}
		})
	}
}

func TestFoldersAreMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ports", "north", "meter")
	if err := checkPort(vport.Spec{Address: path}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(filepath.Dir(path))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Check has made something: %v", err)
	}
	newDesk(t, vport.Spec{Address: path}, nil)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestOwner(t *testing.T) {
	spec := vport.Spec{Mode: 0o640, Address: filepath.Join(t.TempDir(), "meter")}
	uid, gid := uint32(os.Getuid()), uint32(os.Getgid())
	if os.Geteuid() == 0 {
		spec.Owner, spec.Group = "65534", "nogroup"
		uid, gid = 65534, 65534
	} else {
		for _, s := range []vport.Spec{{Address: spec.Address, Owner: "0"}, {Address: spec.Address, Group: "0"}} {
			if err := checkPort(s); err == nil {
				t.Errorf("%+v: an unprivileged process may not give a port away", s)
			}
		}
	}
	d := newDesk(t, spec, nil)
	wantNode(t, d.port.path, uid, gid, 0o640)
	d = newDesk(t, vport.Spec{}, nil)
	if info, err := os.Stat(d.port.path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v, %v, want 0660", info.Mode(), err)
	}
}

func wantNode(t *testing.T, path string, uid, gid, mode uint32) {
	t.Helper()
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		t.Fatal(err)
	}
	if s.Uid != uid || s.Gid != gid || s.Mode&0o7777 != mode {
		t.Errorf("owner %d, group %d, mode %#o, want %d, %d, %#o", s.Uid, s.Gid, s.Mode&0o7777, uid, gid, mode)
	}
}

// Who may open a port changes under its program, which notices nothing; and the link is served as before.
func TestPermit(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	var before unix.Stat_t
	if err := unix.Stat(d.port.path, &before); err != nil {
		t.Fatal(err)
	}
	f := program(t, d.port.path)
	d.expect(true)
	spec := vport.Spec{Address: d.port.path, Mode: 0o600}
	uid, gid := before.Uid, before.Gid
	if os.Geteuid() == 0 {
		spec.Owner, spec.Group, uid, gid = "65534", "65534", 65534, 65534
	}
	for range 2 {
		if err := d.port.Permit(spec); err != nil {
			t.Fatal(err)
		}
		wantNode(t, d.port.path, uid, gid, uint32(cmp.Or(spec.Mode, defaultMode)))
		if err := checkPort(spec); !errors.Is(err, vport.ErrInUse) {
			t.Errorf("the path looks free: %v", err)
		}
		write(t, f, "a")
		d.expectBytes("a")
		write(t, d.port, "b")
		read(t, f, "b")
		spec.Mode, spec.Owner, spec.Group, uid, gid = 0, "", "", before.Uid, before.Gid
	}
	if err := d.port.Permit(vport.Spec{Address: d.port.path, Owner: "no such user"}); err == nil {
		t.Error("a user that does not exist is permitted")
	}
	if err := d.port.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.port.Permit(spec); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed port: %v", err)
	}
}
