package control

import (
	"fmt"
	"strings"
)

// PipePrefix begins the names of Windows' named pipes, in which the daemon and its client verbs meet there.
const PipePrefix = `\\.\pipe\`

// isPipe reports whether path is a pipe's name, in which letters are equal whatever their case.
func isPipe(path string) bool {
	return len(path) > len(PipePrefix) && strings.EqualFold(path[:len(PipePrefix)], PipePrefix)
}

// pipeName is the pipe that stands for the full path of a socket, so that one configuration serves all systems: Windows'
// sockets in the file system say less of who may use them, and nothing of where a caller is.
func pipeName(path string) string {
	if isPipe(path) {
		return path
	}
	return PipePrefix + "meterline-" + strings.NewReplacer(`\`, "-", "/", "-", ":", "").Replace(strings.TrimLeft(path, `\/`))
}

// pipeAccess is who may use the pipe, as a security descriptor: the system, administrators and the daemon's own user, and
// the members of group, which may be empty. The group may read and write, but serve no instance of the pipe of its own.
func pipeAccess(user, group string) string {
	sddl := fmt.Sprintf("D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;%s)", user)
	if group != "" {
		sddl += fmt.Sprintf("(A;;%#x;;;%s)", pipeUse, group)
	}
	return sddl
}

// pipeUse is what a client needs: FILE_GENERIC_READ and FILE_GENERIC_WRITE without FILE_APPEND_DATA, which in a pipe is
// FILE_CREATE_PIPE_INSTANCE.
const pipeUse = 0x12019b
