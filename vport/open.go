package vport

import (
	"errors"
	"fmt"
	"strings"
)

// kind is one kind of port. The first whose match takes an address is asked for the port.
type kind struct {
	match func(address string) bool
	open  func(Spec, *Watcher, Presence) (Port, error)
	check func(Spec) error
}

// kinds are all kinds of ports. A new one is a file of its own and a line here; what is left is a path in the file system.
var kinds = []kind{
	comKind,
	tcpKind.kind(),
	rfc2217Kind.kind(),
	{match: isPath, open: openPTY, check: checkPTY},
}

// ErrInUse says that a port's path is served by another running program.
var ErrInUse = errors.New("another running program serves it")

// ErrLocked says that another daemon has the lock of the ports.
var ErrLocked = errors.New("another daemon serves these ports")

// Open makes the port that spec asks for. Presence may be called before Open returns, since a program can open the port as
// soon as it is there; nil means that nobody wants to know. A nil Watcher is allowed: an open is then noticed by the
// program's first byte or by our next Write to it. The caller closes the port.
func Open(spec Spec, w *Watcher, presence Presence) (Port, error) {
	k, err := kindOf(spec)
	if err != nil {
		return nil, err
	}
	if presence == nil {
		presence = func(bool) {}
	}
	return k.open(spec, w, presence)
}

// CheckPath says why Open would refuse spec, as far as that can be told without making anything. An error wrapping ErrInUse
// is no fault when the program that serves the path is the one that spec is meant for.
func CheckPath(spec Spec) error {
	k, err := kindOf(spec)
	if err != nil {
		return err
	}
	return k.check(spec)
}

func kindOf(spec Spec) (kind, error) {
	for _, k := range kinds {
		if k.match(spec.Address) {
			return k, nil
		}
	}
	return kind{}, fmt.Errorf("port %q: want the path of the link that programs shall open, e.g. /run/meterline/boiler", spec.Address)
}

// inPlaceOfPTY says what to write on a system that has no pseudo-terminals for us.
func inPlaceOfPTY(goos string) string {
	if goos == "windows" {
		return `write "COM12", or "rfc2217://127.0.0.1:4012" for a program or redirector that connects`
	}
	return `write "rfc2217://127.0.0.1:4012" or "tcp://127.0.0.1:4012" for a program that connects`
}

func isPath(address string) bool {
	return address != "" && !strings.Contains(address, "://") && !strings.ContainsRune(address, 0)
}
