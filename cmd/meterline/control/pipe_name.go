package control

import (
	"fmt"
	"strings"
)

// PipePrefix begins the names of Windows' named pipes.
const PipePrefix = `\\.\pipe\`

// isPipe reports whether path is a pipe's name. Case does not matter.
func isPipe(path string) bool {
	return len(path) > len(PipePrefix) && strings.EqualFold(path[:len(PipePrefix)], PipePrefix)
}

// pipeName returns the pipe that takes the place of a socket with that full path, so that one configuration serves all systems. Windows has
// sockets in the file system too, but with a pipe it is clearer who may use it, and callers from other machines can be refused.
func pipeName(path string) string {
	if isPipe(path) {
		return path
	}
	return PipePrefix + "meterline-" + strings.NewReplacer(`\`, "-", "/", "-", ":", "").Replace(strings.TrimLeft(path, `\/`))
}

// pipeAccess returns a security descriptor for the pipe. The system, administrators and the daemon's own user may do everything. group,
// which may be empty, may read and write, but must not serve an instance of the pipe itself.
func pipeAccess(user, group string) string {
	sddl := fmt.Sprintf("D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;%s)", user)
	if group != "" {
		sddl += fmt.Sprintf("(A;;%#x;;;%s)", pipeUse, group)
	}
	return sddl
}

// pipeUse is the access mask that a client needs: FILE_GENERIC_READ and FILE_GENERIC_WRITE without FILE_APPEND_DATA, which in a pipe is
// FILE_CREATE_PIPE_INSTANCE.
const pipeUse = 0x12019b
