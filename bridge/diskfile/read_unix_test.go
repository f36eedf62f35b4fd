//go:build unix

package diskfile

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReadDoesNotWait: where a reader could wait for ever, there is an error at once.
func TestReadDoesNotWait(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(pipe(t), link); err != nil {
		t.Fatal(err)
	}
	for path, kind := range map[string]string{pipe(t): "a pipe", link: "a pipe", socket: "a socket", "/dev/zero": "a device", "/dev/tty": "a device"} {
		if _, err := Read(path, 8); !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), kind) {
			t.Errorf("%s: %v, want one about %s", path, err, kind)
		}
	}
}

func TestAppend(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	for range 2 {
		f, err := Append(path, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "line\n"); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	want(t, path, "line\nline\n")

	link := filepath.Join(dir, "link")
	if err := os.Symlink("log", link); err != nil {
		t.Fatal(err)
	}
	f, err := Append(link, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Name() != path {
		t.Errorf("behind the link is %s, want %s", f.Name(), path)
	}
	if _, err := Append(pipe(t), 0o600); !errors.Is(err, syscall.ENXIO) || !strings.Contains(err.Error(), "nobody reads") {
		t.Errorf("a pipe without a reader: %v", err)
	}
}
