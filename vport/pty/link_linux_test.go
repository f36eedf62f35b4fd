package pty

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"meterline/vport"
)

// foreignPTY is a terminal of somebody else's.
func foreignPTY(t testing.TB) (device string) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = master.Close()
		_ = slave.Close()
	})
	return slave.Name()
}

func TestLinksThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(path string) error
		want string
	}{
		{"a file", func(p string) error { return os.WriteFile(p, []byte("precious"), 0o600) }, "is not a link but something else"},
		{"a folder", func(p string) error { return os.Mkdir(p, 0o700) }, "is a folder"},
		{"a symlink elsewhere", func(p string) error { return os.Symlink("/dev/null", p) }, "link to /dev/null"},
		{"a dangling symlink elsewhere", func(p string) error { return os.Symlink("/nowhere/at/all", p) }, "link to /nowhere/at/all"},
		{"a socket", func(p string) error { return unix.Mknod(p, unix.S_IFSOCK|0o600, 0) }, "is not a link but something else"},
		{"a link that another program serves", func(p string) error { return os.Symlink(foreignPTY(t), p) }, "another running program serves it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "meter")
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := checkPort(vport.Spec{Address: path}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Check: %v, want %q", err, c.want)
			}
			if _, err := openPort(vport.Spec{Address: path}, nil, nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Open: %v, want %q", err, c.want)
			}
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
				t.Errorf("what was there is not there any more: %v", err)
			}
		})
	}
}

func TestLinksThatAreReplaced(t *testing.T) {
	dead := func(p string) error { return os.Symlink("/dev/pts/999999", p) }
	for _, c := range []struct {
		name string
		make func(path string) error
	}{
		{"none", func(string) error { return nil }},
		{"dangling", dead},
		{"dangling, and a temporary name left", func(p string) error {
			return errors.Join(dead(p), dead(temporary(p)))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "meter")
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			if err := checkPort(vport.Spec{Address: path}); err != nil {
				t.Errorf("Check: %v", err)
			}
			d := newDesk(t, vport.Spec{Address: path}, nil)
			if target, err := os.Readlink(path); err != nil || target != d.port.Device() {
				t.Errorf("link to %s, %v, want %s", target, err, d.port.Device())
			}
			names, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(names) != 1 {
				t.Errorf("%v, %v: want the link alone", names, err)
			}
		})
	}
}

func TestCloseRemovesOurLinkOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter")
	d := newDesk(t, vport.Spec{Address: path}, nil)
	if err := checkPort(vport.Spec{Address: path}); !errors.Is(err, vport.ErrInUse) {
		t.Errorf("Check of a served port: %v, want ErrInUse", err)
	}
	closeFile(t, d.port)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the link is there after Close: %v", err)
	}
	d = newDesk(t, vport.Spec{Address: path}, nil)
	if err := errors.Join(os.Remove(path), os.Symlink("/dev/null", path)); err != nil {
		t.Fatal(err)
	}
	closeFile(t, d.port)
	if target, err := os.Readlink(path); err != nil || target != "/dev/null" {
		t.Errorf("somebody else's link is gone: %s, %v", target, err)
	}
}

func TestNoOpenFailsWhileALinkIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "meter")
	devices := [2]string{foreignPTY(t), foreignPTY(t)}
	newDesk(t, vport.Spec{Address: path}, nil)
	var opens, done atomic.Int64
	join(t, func() {
		for done.Load() == 0 {
			f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
			if err != nil {
				t.Error(err)
				return
			}
			opens.Add(1)
			_ = f.Close()
		}
	}, func() { done.Store(1) })
	for i := 0; i < 500 || opens.Load() < 500 && !t.Failed(); i++ {
		old, err := os.Readlink(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := republish(path, old, devices[i%2]); err != nil {
			t.Fatal(err)
		}
	}
}

// Many ports at one path at once: one is made, the others are told.
func TestOnePortAPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter")
	var made atomic.Int64
	var making sync.WaitGroup
	for range 8 {
		making.Go(func() {
			p, err := openPort(vport.Spec{Address: path}, nil, nil)
			if err != nil {
				if !errors.Is(err, vport.ErrInUse) {
					t.Errorf("%v, want ErrInUse", err)
				}
				return
			}
			made.Add(1)
			t.Cleanup(func() { _ = p.Close() })
		})
	}
	making.Wait()
	if made.Load() != 1 {
		t.Errorf("%d ports at one path", made.Load())
	}
}
