//go:build unix

package daemon

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"meterline/bridge/diskfile"
)

// standardOutputs are the paths of standard output and standard error.
var standardOutputs = map[string]uintptr{
	"/dev/stdout": 1, "/dev/fd/1": 1, "/proc/self/fd/1": 1,
	"/dev/stderr": 2, "/dev/fd/2": 2, "/proc/self/fd/2": 2,
}

// IsStandardOutput reports whether a log at path goes to standard output or error.
func IsStandardOutput(path string) bool {
	_, is := standardOutputs[path]
	return is
}

// openLogFile opens the log at path for appending. For standard output and error it duplicates the descriptor: systemd gives a service a
// socket there, which cannot be opened by its path.
func openLogFile(path string) (*os.File, error) {
	fd, is := standardOutputs[filepath.Clean(path)]
	if !is {
		return diskfile.Append(path, 0o640)
	}
	own, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(own), path), nil
}
