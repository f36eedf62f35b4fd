package pty

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// tended is a watcher that looks after links, more often than a daemon's.
func tended(t testing.TB) *watcher { return tendedWith(t, nil) }

func tendedWith(t testing.TB, links *Links) *watcher {
	w := startWatcherWith(t, links)
	w.tendEvery = 100 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	join(t, func() { w.Tend(ctx) }, cancel)
	return w
}

// leads waits until the link at path leads to device.
func leads(t testing.TB, path, device string) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) { // between two looks
		target, err := os.Readlink(path)
		if err == nil && target == device {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s leads to %q, %v, want %s", path, target, err, device)
		}
	}
}

// Whatever is done to a link or its folder, it is there again soon, and the program that has the port open notices nothing.
func TestLinksAreMadeAnew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		harm func(path string) error
	}{
		{"removed", os.Remove},
		{"renamed", func(path string) error { return os.Rename(path, path+".old") }},
		{"dangling", func(path string) error {
			return errors.Join(os.Symlink("/dev/pts/999999", path+".dead"), os.Rename(path+".dead", path))
		}},
		{"the folder removed", func(path string) error {
			if err := os.RemoveAll(filepath.Dir(path)); !errors.Is(err, unix.ENOTEMPTY) { // the link was there again
				return err
			}
			return nil
		}},
		{"the folder renamed", func(path string) error { return os.Rename(filepath.Dir(path), filepath.Dir(path)+".old") }},
		{"the folder above renamed", func(path string) error {
			above := filepath.Dir(filepath.Dir(path))
			return os.Rename(above, above+".old")
		}},
		{"another folder in its place", func(path string) error {
			folder := filepath.Dir(path)
			return errors.Join(os.Rename(folder, folder+".old"), os.Mkdir(folder, 0o755))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "above", "ports", "meter")
			d := newDesk(t, vport.Spec{Address: path}, tended(t))
			f := program(t, path)
			d.expect(true)
			for range 2 {
				if err := c.harm(path); err != nil {
					t.Fatal(err)
				}
				leads(t, path, d.port.Device())
				_ = os.RemoveAll(filepath.Dir(path) + ".old")
				_ = os.RemoveAll(filepath.Dir(filepath.Dir(path)) + ".old")
			}
			write(t, f, "a")
			d.expectBytes("a")
			write(t, program(t, path), "b")
			d.expectBytes("b")
		})
	}
}

// A link that somebody has made to another port's terminal would give a program another meter's answers.
func TestLinkToAnotherPortIsPutRight(t *testing.T) {
	t.Parallel()
	s := newLinkSite(t)
	ports, _ := s.openWatched(tendedWith(t, s.links), "a", "b")
	wrong := ports[0].path + ".wrong"
	if err := errors.Join(os.Symlink(ports[1].pair.device, wrong), os.Rename(wrong, ports[0].path)); err != nil {
		t.Fatal(err)
	}
	leads(t, ports[0].path, ports[0].pair.device)
	leads(t, ports[1].path, ports[1].pair.device)
}

// inPlace puts path.new, which was made with err, in the place of path.
func inPlace(path string, err error) error { return errors.Join(err, os.Rename(path+".new", path)) }

// What somebody has put in a link's place stays, is told of, and gives way when it is gone.
func TestSomethingElseInTheLinksPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		put  func(path string) error
		want string
	}{
		{"a file", func(path string) error { return inPlace(path, os.WriteFile(path+".new", []byte("precious"), 0o600)) }, "not a link but something else"},
		{"a folder", func(path string) error {
			return errors.Join(os.Mkdir(path+".new", 0o755), unix.Renameat2(unix.AT_FDCWD, path+".new", unix.AT_FDCWD, path, unix.RENAME_EXCHANGE))
		}, "is a folder"},
		{"a link elsewhere", func(path string) error { return inPlace(path, os.Symlink("/dev/null", path+".new")) }, "link to /dev/null"},
		{"another program's link", func(path string) error { return inPlace(path, os.Symlink(foreignPTY(t), path+".new")) }, "another running program"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, vport.Spec{}, tended(t))
			path := d.port.path
			if err := c.put(path); err != nil {
				t.Fatal(err)
			}
			for end := time.Now().Add(patience); !strings.Contains(d.port.Trouble().Now, c.want); time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("the port says %q, want %q", d.port.Trouble().Now, c.want)
				}
			}
			var s unix.Stat_t
			if err := unix.Lstat(path, &s); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			leads(t, path, d.port.Device())
			for end := time.Now().Add(patience); d.port.Trouble().Now != ""; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("the port still says %q", d.port.Trouble().Now)
				}
			}
		})
	}
}

// The names of events are those of the files.
func TestEventsNameFiles(t *testing.T) {
	folder := t.TempDir()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := unix.InotifyAddWatch(fd, folder, unix.IN_CREATE); err != nil {
		t.Fatal(err)
	}
	names := []string{"a", "meter", strings.Repeat("x", 255), "sixteen-letters-"}
	for _, name := range names {
		if err := os.Symlink("/nowhere", filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 4096)
	n, err := unix.Read(fd, buf)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range parse(buf[:n]) {
		got = append(got, e.name)
	}
	if !slices.Equal(got, names) {
		t.Errorf("%q, want %q", got, names)
	}
}
