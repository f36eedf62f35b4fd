package controltest

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
)

var pipes atomic.Uint32

// Path is where a daemon can be reached: a pipe that nobody has.
func Path(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf(`\\.\pipe\meterline-test-%d-%d`, os.Getpid(), pipes.Add(1))
}
