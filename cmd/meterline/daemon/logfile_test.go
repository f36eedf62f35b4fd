package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// logged writes lines of ten bytes, number by number, and fails if one is refused.
func logged(t *testing.T, l *logFile, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		if wrote, err := fmt.Fprintf(l, "line %4d\n", n); wrote != 10 || err != nil {
			t.Fatalf("line %d: %d, %v", n, wrote, err)
		}
	}
}

// lines are the numbers in a file, none if it is not there.
func lines(t *testing.T, path string) []int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var all []int
	for line := range strings.Lines(string(text)) {
		var n int
		if _, err := fmt.Sscanf(line, "line %d\n", &n); err != nil {
			t.Errorf("%s: %q", path, line)
		}
		all = append(all, n)
	}
	return all
}

func wantLines(t *testing.T, path string, want ...int) {
	t.Helper()
	if got := lines(t, path); !slices.Equal(got, want) {
		t.Errorf("%s has %v, want %v", filepath.Base(path), got, want)
	}
}

func TestLogRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "m.log")
	var spare strings.Builder
	l := newLogFile(path, 30, 2, &spare)
	logged(t, l, 1, 2, 3, 4, 5)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = newLogFile(path, 30, 2, &spare) // a daemon that is started again goes on where it was
	logged(t, l, 6, 7, 8, 9, 10)
	wantLines(t, path, 10)
	wantLines(t, path+".1", 7, 8, 9)
	wantLines(t, path+".2", 4, 5, 6)
	wantLines(t, path+".3")
	if _, err := fmt.Fprintf(l, "%s\n", strings.Repeat("x", 100)); err != nil {
		t.Error(err)
	}
	wantLines(t, path+".1", 10)
	if err := l.Close(); err != nil || spare.Len() > 0 {
		t.Errorf("close: %v, elsewhere %q", err, spare.String())
	}
}

func TestLogKeepsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.log")
	l := newLogFile(path, 30, 0, os.Stderr)
	logged(t, l, 1, 2, 3, 4)
	wantLines(t, path, 4)
	wantLines(t, path+".1")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// TestLogIsMovedAway is what logrotate does without telling anybody.
func TestLogIsMovedAway(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows moves no file that is open")
	}
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "m.log")
		l := newLogFile(path, 1<<20, 2, os.Stderr)
		logged(t, l, 1)
		if err := os.Rename(path, path+".old"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(logLook)
		logged(t, l, 2)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(logLook)
		logged(t, l, 3)
		wantLines(t, path+".old", 1)
		wantLines(t, path, 3)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestLogThatCannotBe: the records go elsewhere, the fault is told of once, and the file is taken again when it can be.
func TestLogThatCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		blocked := filepath.Join(dir, "blocked")
		if err := os.WriteFile(blocked, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		var spare strings.Builder
		l := newLogFile(filepath.Join(blocked, "m.log"), 1<<20, 2, &spare)
		logged(t, l, 1, 2)
		time.Sleep(logRetry)
		logged(t, l, 3)
		got := spare.String()
		if strings.Count(got, "meterline: log_file: ") != 1 || !strings.HasSuffix(got, "line    1\nline    2\nline    3\n") {
			t.Errorf("elsewhere %q", got)
		}
		if err := os.Remove(blocked); err != nil {
			t.Fatal(err)
		}
		time.Sleep(logRetry)
		logged(t, l, 4)
		wantLines(t, l.path, 4)
		if err := l.Close(); err != nil || spare.String() != got {
			t.Errorf("close: %v, elsewhere %q", err, spare.String())
		}
	})
}

// TestLogThatCannotBeMovedAside goes on in the full file, and tries again a tenth later.
func TestLogThatCannotBeMovedAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.log")
	if err := os.MkdirAll(filepath.Join(path+".1", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	var spare strings.Builder
	l := newLogFile(path, 100, 1, &spare)
	for n := range 11 {
		logged(t, l, n)
	}
	if err := os.RemoveAll(path + ".1"); err != nil {
		t.Fatal(err)
	}
	logged(t, l, 11, 12)
	wantLines(t, path+".1", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	wantLines(t, path, 11, 12)
	if err := l.Close(); err != nil || strings.Count(spare.String(), "\n") != 1 {
		t.Errorf("close: %v, elsewhere %q", err, spare.String())
	}
}
