//go:build unix

package diskfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// mostLinks is how many links a path may lead through, as on Linux (path_resolution(7)).
const mostLinks = 40

// Follow returns the path that path leads to when all its links are followed. A link that users other than root and this one could have
// made is an error, ErrStrangersLink. Elements at the end of the path that do not exist stay as they are.
func Follow(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	at, rest := "/", strings.Split(full, "/")
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		info, err := os.Lstat(next)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return filepath.Join(append([]string{next}, rest...)...), nil
		case err != nil:
			return "", err
		case info.Mode()&fs.ModeSymlink == 0:
			at = next
			continue
		}
		if links++; links > mostLinks {
			return "", &fs.PathError{Op: "follow", Path: path, Err: syscall.ELOOP}
		}
		to, err := trusted(at, next)
		if err != nil {
			return "", err
		}
		if filepath.IsAbs(to) {
			at = "/"
		}
		rest = append(strings.Split(to, "/"), rest...)
	}
	return at, nil
}

// trusted returns where the link in folder leads.
func trusted(folder, link string) (string, error) {
	info, err := os.Lstat(folder)
	if err != nil {
		return "", err
	}
	if who := writers(info); who != "" {
		return "", fmt.Errorf("%s: %w, and %s can write to %s: write the path that it leads to", link, ErrStrangersLink, who, folder)
	}
	return os.Readlink(link)
}

// writers returns who besides root and this user can make files in a folder, empty if nobody can.
func writers(folder fs.FileInfo) string {
	stat, ok := folder.Sys().(*syscall.Stat_t)
	if !ok {
		return "somebody"
	}
	switch perm := folder.Mode().Perm(); {
	case perm&0o002 != 0:
		return "everybody"
	case stat.Uid != 0 && int(stat.Uid) != os.Geteuid():
		return "user " + userName(stat.Uid)
	case perm&0o020 != 0 && stat.Gid != 0 && int(stat.Gid) != os.Getegid():
		return "group " + groupName(stat.Gid)
	}
	return ""
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

func groupName(gid uint32) string {
	id := strconv.FormatUint(uint64(gid), 10)
	if g, err := user.LookupGroupId(id); err == nil {
		return g.Name
	}
	return id
}
