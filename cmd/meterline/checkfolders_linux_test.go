package main

import (
	"bufio"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"meterline/cmd/meterline/exit"
)

// TestLogToStandardOutput is what containers want. Under systemd it is a socket, which nobody can open by its path.
func TestLogToStandardOutput(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"/dev/stdout", "/dev/stderr"} {
		s := newSite(t, "log_file = \""+name+"\"\nlog_size = \"64 kB\"\nlog_level = \"debug\"\n"+oneModem)
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		ours, its := os.NewFile(uintptr(pair[0]), "ours"), os.NewFile(uintptr(pair[1]), "its")
		defer ours.Close()
		daemon := exec.Command("meterline", "run", "-c", s.file)
		daemon.Stdout, daemon.Stderr = its, its
		if err := daemon.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = daemon.Process.Kill() }() // where it has not ended
		if err := its.Close(); err != nil {
			t.Error(err)
		}
		var said []string
		for lines := bufio.NewScanner(ours); lines.Scan(); {
			said = append(said, lines.Text())
			if strings.Contains(lines.Text(), "meterline is ready") {
				if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
					t.Error(err)
				}
			}
		}
		if err := daemon.Wait(); err != nil {
			t.Error(err)
		}
		has := func(text string) bool {
			return slices.ContainsFunc(said, func(line string) bool { return strings.Contains(line, text) })
		}
		if !has("meterline is ready") || !has("meterline has stopped") || has("log_file:") {
			t.Errorf("%s: the log is %q", name, said)
		}
	}
}

// TestCheckOfFolders: a folder in which everybody can put something in the place of a link, or of another file, is told of.
func TestCheckOfFolders(t *testing.T) {
	t.Parallel()
	const elsewhere = `
state = "state/s.json"
log_file = "logs/m.log"
[modem.boiler]
dial = "127.0.0.1:1"
port = "ports/boiler"
[modem.pump]
dial = "127.0.0.1:1"
port = "ports/pump"
`
	s := newSite(t, elsewhere)
	folder := func(name string, mode fs.FileMode) {
		t.Helper()
		if err := os.MkdirAll(s.path(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(s.path(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	said := func() string {
		var out strings.Builder
		if code := execute(t.Context(), []string{"check", "-c", s.file}, &out, &out); code != exit.Done {
			t.Fatal(out.String())
		}
		return out.String()
	}
	for _, name := range []string{"ports", "state", "logs"} {
		folder(name, 0o775)
	}
	if out := said(); strings.Contains(out, "everybody") {
		t.Errorf("of guarded folders: %s", out)
	}
	for _, c := range []struct{ name, what string }{
		{"ports", "port " + s.path("ports/boiler") + ", port " + s.path("ports/pump")}, {"state", "state"}, {"logs", "log_file"},
	} {
		folder(c.name, 0o777)
		if out := said(); !strings.Contains(out, "warning: "+c.what+": everybody can put a link") || !strings.Contains(out, "chmod o-w "+s.path(c.name)) {
			t.Errorf("of %s: %s", c.name, out)
		}
		folder(c.name, fs.ModeSticky|0o777)
		if out := said(); !strings.Contains(out, "warning: "+c.what+": everybody can make files in "+s.path(c.name)) {
			t.Errorf("of %s, sticky: %s", c.name, out)
		}
		folder(c.name, 0o755)
	}
	folder(".", 0o777)
	if out := said(); !strings.Contains(out, "warning: control: everybody can put") || !strings.Contains(out, "configuration "+s.file+": everybody") {
		t.Errorf("of the configuration's folder: %s", out)
	}
}

// TestCheckOfAStrangersLog: the daemon would not write through such a link, and check says so.
func TestCheckOfAStrangersLog(t *testing.T) {
	for _, mode := range []fs.FileMode{0o777, fs.ModeSticky | 0o777} {
		dir := t.TempDir()
		victim, open := filepath.Join(dir, "victim"), filepath.Join(dir, "open")
		path := filepath.Join(open, "m.log")
		if err := os.Mkdir(open, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(open, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(victim, path); err != nil {
			t.Fatal(err)
		}
		if said := unsafeLog(path); len(said) != 1 || !strings.Contains(said[0], "a stranger could have made") {
			t.Errorf("check says %q", said)
		}
	}
}
