package control

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// LongestAddress is the greatest length of a pipe's name.
const LongestAddress = 256

// Listen makes the named pipe. It fails if another program serves a pipe of that name.
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

// controlAccess returns the pipe's security descriptor.
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

// controlGroup returns the SID of a group or user. The name may be a SID itself, since the names of groups depend on the system's language.
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

// dial connects to the daemon at path. It asks only for the rights that control_group has.
func dial(ctx context.Context, path string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return dialPipe(ctx, Address(path), pipeUse)
}

// Address returns the pipe for a control socket that the configuration writes as path.
func Address(path string) string {
	if full, err := filepath.Abs(path); err == nil && !isPipe(path) {
		path = full
	}
	return pipeName(path)
}

// refused returns false: a pipe that nobody serves does not exist.
func refused(error) bool { return false }

// whoMay describes who may use the pipe.
func whoMay(string) string {
	return "administrators may, from a prompt that runs as administrator, the daemon's own user, and whom control_group names"
}

// RemoveStale does nothing: a pipe ends with its daemon.
func RemoveStale(context.Context, string) error { return nil }
