//go:build unix

package diskfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWritable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ path, want string }{
		"there":                  {file, ""},
		"new":                    {filepath.Join(dir, "new"), ""},
		"in folders to be made":  {filepath.Join(dir, "a", "b", "new"), ""},
		"a folder":               {dir, "is a folder"},
		"below a file":           {filepath.Join(file, "new"), "not a directory"},
		"deeper below a file":    {filepath.Join(file, "a", "new"), "not a directory"},
		"where nobody can write": {"/proc/self/new", "/proc/self"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Writable(c.path)
			if c.path == "/proc/self/new" && os.Geteuid() == 0 {
				t.Skip("root may write everywhere")
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("it left %v, %v", entries, err)
	}
}

// What the file's rights or its folder's forbid is told; nobody is kept from it as root.
func TestNotWritable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := Writable(file); err == nil || !strings.Contains(err.Error(), "may not write it") {
		t.Errorf("a file: %v", err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) }) // so that it can be removed
	if err := Writable(filepath.Join(dir, "a", "new")); err == nil || !strings.Contains(err.Error(), "may make nothing in it") {
		t.Errorf("a folder: %v", err)
	}
}
