package diskfile

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, text := range []string{"first", "", "third"} {
		if err := Write(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		want(t, path, text)
	}
	wantNames(t, dir, "f")
	if err := Write(filepath.Join(dir, "none", "f"), nil, 0o600); err == nil {
		t.Error("written into a folder that is not there")
	}
}

// TestTidy removes what killed writers left, whatever the clock did since, and nothing that only looks like it.
func TestTidy(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	random := strings.Repeat("A", len(rand.Text()))
	stay := []string{
		"f", "f.new", ".f.SHORT.new", ".f." + strings.ToLower(random) + ".new", ".g." + random + ".new", "f." + random + ".new",
		".f." + random + ".newer",
	}
	hour := time.Now().Add(-time.Hour)
	for _, name := range stay {
		putAt(t, filepath.Join(dir, name), hour)
	}
	for _, at := range []time.Time{hour, hour.Add(2 * time.Hour)} {
		putAt(t, temporary(path), at)
	}
	young, folder := temporary(path), temporary(path)
	putAt(t, young, time.Now())
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(folder, hour, hour); err != nil {
		t.Fatal(err)
	}
	if n := Tidy(path); n != 2 {
		t.Errorf("%d removed, want 2", n)
	}
	stay = append(stay, filepath.Base(young), filepath.Base(folder))
	slices.Sort(stay)
	wantNames(t, dir, stay...)
}

func putAt(t *testing.T, path string, at time.Time) {
	t.Helper()
	put(t, path, "{")
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestAside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	names := []string{"f.v2"}
	for i := range 10 {
		put(t, path, strconv.Itoa(i))
		kept, err := Aside(path, ".v2")
		if err != nil {
			t.Fatal(err)
		}
		want(t, kept, strconv.Itoa(i))
		if i > 0 && i < 9 {
			names = append(names, "f.v2."+strconv.Itoa(i+1))
		}
	}
	wantNames(t, dir, names...)
	want(t, path+".v2", "0")
	want(t, path+".v2.9", "9")
	if _, err := Aside(path, ".v2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of none: %v", err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, path, text string) {
	t.Helper()
	if got, err := os.ReadFile(path); string(got) != text || err != nil {
		t.Errorf("%s holds %q, %v, want %q", path, got, err, text)
	}
}

// wantNames wants exactly these in the folder.
func wantNames(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if err != nil || strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s has %q, %v, want %q", folder, got, err, names)
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if _, err := Read(path, 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of none: %v", err)
	}
	put(t, path, "12345678")
	if got, err := Read(path, 8); string(got) != "12345678" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Read(path, 7); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("beyond the limit: %v", err)
	}
	if _, err := Read(filepath.Dir(path), 8); !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), "a folder") {
		t.Errorf("of a folder: %v", err)
	}
	if got, err := Read(os.DevNull, 8); len(got) > 0 || err != nil {
		t.Errorf("of the null device: %q, %v", got, err)
	}
}
