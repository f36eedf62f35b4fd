package diskfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
