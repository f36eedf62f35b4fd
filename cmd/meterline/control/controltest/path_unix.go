//go:build unix

package controltest

import (
	"os"
	"path/filepath"
	"testing"
)

// Path is where a daemon can be reached: a path that is short enough for a socket. Its folder goes with the test.
func Path(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mtl") //nolint:usetesting // t.TempDir has the test's name in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "c.sock")
}
