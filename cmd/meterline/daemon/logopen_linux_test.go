package daemon

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLogThroughALink: the operator's own link is followed, and it is the file behind it that is moved aside.
func TestLogThroughALink(t *testing.T) {
	dir := t.TempDir()
	disk, link := filepath.Join(dir, "disk"), filepath.Join(dir, "m.log")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("disk/big.log", link); err != nil {
		t.Fatal(err)
	}
	var spare strings.Builder
	l := newLogFile(link, 30, 2, &spare)
	logged(t, l, 1, 2, 3, 4, 5)
	wantLines(t, filepath.Join(disk, "big.log"), 4, 5)
	wantLines(t, filepath.Join(disk, "big.log.1"), 1, 2, 3)
	wantLines(t, link, 4, 5)
	if to, err := os.Readlink(link); to != "disk/big.log" || err != nil {
		t.Errorf("the link leads to %s, %v", to, err)
	}
	if err := l.Close(); err != nil || spare.Len() > 0 {
		t.Errorf("close: %v, elsewhere %q", err, spare.String())
	}
}

// TestLogThroughAStrangersLink: nothing is written where it leads.
func TestLogThroughAStrangersLink(t *testing.T) {
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
		var spare strings.Builder
		l := newLogFile(path, 1<<20, 2, &spare)
		logged(t, l, 1)
		if got := spare.String(); !strings.Contains(got, "a stranger could have made") || !strings.HasSuffix(got, "line    1\n") {
			t.Errorf("elsewhere %q", got)
		}
		if _, err := os.Lstat(victim); err == nil {
			t.Error("written through the link")
		}
	}
}

// TestLogIntoAPipe: it is not waited for while nobody reads, and never moved aside.
func TestLogIntoAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	var spare strings.Builder
	l := newLogFile(path, 30, 2, &spare)
	logged(t, l, 1)
	if got := spare.String(); !strings.Contains(got, "nobody reads") {
		t.Errorf("elsewhere %q", got)
	}
	reader, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	l = newLogFile(path, 30, 2, os.Stderr)
	defer l.Close()
	logged(t, l, 1, 2, 3, 4, 5)
	for n := range 5 {
		line := make([]byte, 10)
		if _, err := reader.Read(line); err != nil || !strings.HasSuffix(string(line), string(rune('1'+n))+"\n") {
			t.Errorf("%q, %v", line, err)
		}
	}
	_, moved := os.Lstat(path + ".1")
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeNamedPipe == 0 || moved == nil {
		t.Errorf("the pipe is %v, %v", info, err)
	}
}
