//go:build unix

package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// LongestAddress is the greatest length of a socket's path: that of sun_path on Linux without the closing NUL (unix(7)).
const LongestAddress = 107

// socketMode allows the daemon's user and group to use the socket. Whoever may use it can see the meters' bytes, and end calls.
const socketMode fs.FileMode = 0o660

// Listen makes the control socket and its folder. It replaces a socket that a crashed daemon has left, but neither one that answers nor
// anything that is not a socket.
func Listen(ctx context.Context, path, group string) (Listener, error) {
	l := &lastingListener{path: path, group: group}
	if err := l.listen(ctx); err != nil {
		return nil, err
	}
	return &boundedListener{Listener: l, slots: make(chan struct{}, maxConnections)}, nil
}

// RemoveStale removes the socket at path if nobody listens there.
func RemoveStale(ctx context.Context, path string) error {
	before, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if before.Mode()&(fs.ModeSocket|fs.ModeSymlink) == 0 {
		return fmt.Errorf("control socket %s: something that is not a socket stands there; remove it, or choose another path with `control`", path)
	}
	conn, err := dial(ctx, path)
	if err == nil {
		_ = conn.Close() // nothing was said
		return fmt.Errorf("control socket %s: another daemon answers there; stop it, or choose another path with `control`", path)
	}
	if !refused(err) {
		return fmt.Errorf("control socket %s: who listens there cannot be told: %w", path, err)
	}
	// Another daemon may have put its own in place meanwhile.
	after, err := os.Lstat(path)
	if err != nil || !os.SameFile(before, after) {
		return fmt.Errorf("control socket %s: another daemon is starting there", path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the control socket of a daemon that is gone: %w", err)
	}
	return nil
}

// refused reports whether nobody listens at the socket that was dialled.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// dial connects to the daemon at path.
func dial(ctx context.Context, path string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	return dialer.DialContext(ctx, "unix", path)
}

// Address returns path: a control socket is where the configuration says.
func Address(path string) string { return path }

// controlGroup returns the number of the group that may use the socket, -1 for the daemon's own group.
func controlGroup(name string) (gid int, err error) {
	if name == "" {
		return -1, nil
	}
	id := name
	if _, err := strconv.ParseUint(name, 10, 31); err != nil {
		g, err := user.LookupGroup(name)
		if err != nil {
			return -1, fmt.Errorf("control_group %q: no such group, give a name or number that this system knows: %w", name, err)
		}
		id = g.Gid
	}
	return strconv.Atoi(id)
}

// CheckGroup reports whether the system knows the group.
func CheckGroup(name string) error {
	_, err := controlGroup(name)
	return err
}

// whoMay describes which user and group may use the socket at path. It is empty if that cannot be found out.
func whoMay(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	owner := strconv.FormatUint(uint64(stat.Uid), 10)
	if u, err := user.LookupId(owner); err == nil {
		owner = u.Username
	}
	group := strconv.FormatUint(uint64(stat.Gid), 10)
	if g, err := user.LookupGroupId(group); err == nil {
		group = g.Name
	}
	return fmt.Sprintf("user %s and group %s may", owner, group)
}
