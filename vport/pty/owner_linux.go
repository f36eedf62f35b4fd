package pty

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// defaultMode lets the owner and the group read and write.
const defaultMode fs.FileMode = 0o660

// wantedOwner looks up who may open the port. Its error tells all that is wrong.
func wantedOwner(s vport.Spec) (owner, error) {
	n := owner{mode: s.Mode, uid: -1, gid: -1}
	if n.mode == 0 {
		n.mode = defaultMode
	}
	if n.mode&^fs.ModePerm != 0 {
		return n, fmt.Errorf("mode %#o: want permissions only, e.g. 0660", uint32(n.mode))
	}
	var noUser, noGroup error
	if s.Owner != "" {
		var err error
		if n.uid, err = number(s.Owner, userID); err != nil {
			noUser = fmt.Errorf("owner %q: no such user, give a name or number that this system knows: %w", s.Owner, err)
		}
	}
	if s.Group != "" {
		var err error
		if n.gid, err = number(s.Group, groupID); err != nil {
			noGroup = fmt.Errorf("group %q: no such group, give a name or number that this system knows: %w", s.Group, err)
		}
	}
	switch {
	case noUser != nil && noGroup != nil:
		return n, fmt.Errorf("%w; %w", noUser, noGroup)
	case noUser != nil:
		return n, noUser
	case noGroup != nil:
		return n, noGroup
	}
	return n, n.allowed()
}

// allowed refuses what only a privileged process may give away.
func (n owner) allowed() error {
	if chowns() {
		return nil
	}
	if uid := os.Geteuid(); n.uid != -1 && n.uid != uid {
		return fmt.Errorf("owner %d: only root can give a port to another user, and this runs as user %d", n.uid, uid)
	}
	groups, err := os.Getgroups()
	if err != nil {
		return fmt.Errorf("list this process's groups: %w", err)
	}
	if n.gid != -1 && n.gid != os.Getegid() && !slices.Contains(groups, n.gid) {
		return fmt.Errorf("group %d: this process is not in it, add user %d to it or run as root", n.gid, os.Geteuid())
	}
	return nil
}

// chowns reports whether this process has CAP_CHOWN.
func chowns() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return os.Geteuid() == 0
	}
	return sets[0].Effective&(1<<unix.CAP_CHOWN) != 0
}

// ownerOf returns who may open device now.
func ownerOf(device string) (owner, error) {
	var s unix.Stat_t
	if err := unix.Stat(device, &s); err != nil {
		return owner{}, fmt.Errorf("look at %s: %w", device, err)
	}
	return owner{fs.FileMode(s.Mode).Perm(), int(s.Uid), int(s.Gid)}, nil
}

// over returns n, with what it leaves open filled in from born.
func (n owner) over(born owner) owner {
	if n.uid == -1 {
		n.uid = born.uid
	}
	if n.gid == -1 {
		n.gid = born.gid
	}
	return n
}

// Permit changes who may open the device.
func (p *ptyPort) Permit(spec vport.Spec) error {
	n, err := wantedOwner(spec)
	if err != nil {
		return fmt.Errorf("port %s: %w", p.spec.Address, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return p.closedError()
	}
	p.owner = n
	n = n.over(p.pair.born)
	device := p.pair.device
	if err := errors.Join(os.Chown(device, n.uid, n.gid), os.Chmod(device, n.mode)); err != nil {
		return fmt.Errorf("port %s: change who may open it: %w", p.spec.Address, err)
	}
	return nil
}

// number parses a decimal id, and looks up a name.
func number(name string, lookup func(string) (string, error)) (int, error) {
	if n, err := strconv.ParseUint(name, 10, 31); err == nil {
		return int(n), nil
	}
	id, err := lookup(name)
	if err != nil {
		return -1, err
	}
	return strconv.Atoi(id)
}

func userID(name string) (string, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return "", err
	}
	return u.Uid, nil
}

func groupID(name string) (string, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return "", err
	}
	return g.Gid, nil
}
