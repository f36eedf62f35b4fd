package control

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// LongestAddress is how long a pipe's name may be.
const LongestAddress = 256

// Listen makes the named pipe. One that another program serves is not shared with it.
func Listen(ctx context.Context, path, group string) (Listener, error) {
	path = Address(path)
	access, err := controlAccess(group)
	if err != nil {
		return nil, err
	}
	conn, err := dial(ctx, path)
	if err == nil {
		_ = conn.Close() // nothing was said
		return nil, fmt.Errorf("control pipe %s: another daemon answers there; stop it, or choose another with `control`", path)
	}
	if !absent(err) {
		return nil, fmt.Errorf("control pipe %s: another program serves it; stop it, or choose another with `control`: %w", path, err)
	}
	ln, err := listenPipe(path, access, windows.PIPE_UNLIMITED_INSTANCES)
	if err != nil {
		return nil, fmt.Errorf("control pipe: %w; choose another with `control`", err)
	}
	return &boundedListener{Listener: ln, slots: make(chan struct{}, maxConnections)}, nil
}

// controlAccess is the pipe's security descriptor.
func controlAccess(group string) (string, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", fmt.Errorf("control pipe: this process's user: %w", err)
	}
	sid, err := controlGroup(group)
	if err != nil {
		return "", err
	}
	return pipeAccess(user.User.Sid.String(), sid), nil
}

// controlGroup is the SID of a group or user, which may be written as one: names differ with the system's language.
func controlGroup(name string) (sid string, err error) {
	if name == "" {
		return "", nil
	}
	var found *windows.SID
	if strings.HasPrefix(name, "S-1-") {
		found, err = windows.StringToSid(name)
	} else {
		found, _, _, err = windows.LookupSID("", name)
	}
	if err != nil {
		return "", fmt.Errorf(`control_group %q: no such group, give a name that this system knows, like "DOMAIN\\Operators", or a SID, like "S-1-5-4" for everybody who is logged on here: %w`, name, err)
	}
	return found.String(), nil
}

// CheckGroup reports whether the system knows the group.
func CheckGroup(name string) error {
	_, err := controlGroup(name)
	return err
}

// dial reaches the daemon at path. It asks for no more than the group of the pipe may.
func dial(ctx context.Context, path string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return dialPipe(ctx, Address(path), pipeUse)
}

// Address is the pipe of a control socket that is written as path.
func Address(path string) string {
	if full, err := filepath.Abs(path); err == nil && !isPipe(path) {
		path = full
	}
	return pipeName(path)
}

// refused reports whether nobody listens at the pipe that was dialled: a pipe that is not served is not there.
func refused(error) bool { return false }

// whoMay says who may use the pipe.
func whoMay(string) string {
	return "administrators may, from a prompt that runs as administrator, the daemon's own user, and whom control_group names"
}

// RemoveStale does nothing: a pipe ends with its daemon.
func RemoveStale(context.Context, string) error { return nil }
