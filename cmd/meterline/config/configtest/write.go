// Package configtest writes configuration files for tests. It reads none.
package configtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Write makes a folder with files: name, text, name, text … The folder is removed after the test.
func Write(t *testing.T, files ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
