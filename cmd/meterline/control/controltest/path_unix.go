//go:build unix

package controltest

import (
	"os"
	"path/filepath"
	"testing"
)

// Path returns a path for a control socket that is short enough. Its folder is removed when the test ends.
func Path(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mtl") //nolint:usetesting // t.TempDir has the test's name in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "c.sock")
}
