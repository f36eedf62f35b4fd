package controltest

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
)

var pipes atomic.Uint32

// Path returns the name of a pipe that nobody serves.
func Path(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf(`\\.\pipe\meterline-test-%d-%d`, os.Getpid(), pipes.Add(1))
}
