//go:build unix

package control

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"meterline/cmd/meterline/control/controltest"
	"meterline/cmd/meterline/exit"
)

// abandon leaves a socket at path that nobody listens at, as a crash does.
func abandon(t *testing.T, path string) {
	t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNobodyAnswersAnyMore(t *testing.T) {
	path := controltest.Path(t)
	abandon(t, path)
	_, err := NewClient(path, 0).Status(t.Context())
	if exit.Code(err) != exit.Unreachable || !strings.Contains(err.Error(), "no daemon answers") {
		t.Errorf("a socket that nobody listens at: %v", err)
	}
}

func TestFilesAreNoSockets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Dir(file)} {
		if _, err := Listen(t.Context(), path, ""); err == nil || !strings.Contains(err.Error(), "not a socket") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("the file afterwards: %q, %v", text, err)
	}
}

func TestSocketOfACrashedDaemonIsReplaced(t *testing.T) {
	path := filepath.Join(filepath.Dir(controltest.Path(t)), "deep", "er", "c.sock")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	abandon(t, path)
	ln, err := Listen(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != socketMode {
		t.Errorf("mode %v, want %v", info.Mode().Perm(), socketMode)
	}
}

func TestSocketIsGivenToItsGroup(t *testing.T) {
	if _, err := Listen(t.Context(), controltest.Path(t), "no-such-group"); err == nil || !strings.Contains(err.Error(), "no such group") {
		t.Errorf("an unknown group: %v", err)
	}
	groups, err := os.Getgroups()
	if os.Geteuid() == 0 {
		groups = []int{4711}
	}
	if err != nil || len(groups) == 0 {
		t.Skipf("this user has no group to give a socket to: %v", err)
	}
	path, want := controltest.Path(t), groups[len(groups)-1]
	ln, err := Listen(t.Context(), path, strconv.Itoa(want))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Sys().(*syscall.Stat_t).Gid; int(got) != want || info.Mode().Perm() != socketMode {
		t.Errorf("group %d, mode %v, want group %d", got, info.Mode().Perm(), want)
	}
}
