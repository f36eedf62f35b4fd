package usb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"meterline/relay/profile"
)

// holdersOf names the other processes that have a port open, in words that go behind an error; "" if there are none. Those of
// other users are seen by root alone: see suspect.
func holdersOf(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	var found []string
	for pid, name := range processes() {
		if pid != os.Getpid() && hasOpen(pid, path) {
			found = append(found, fmt.Sprintf("%s (pid %d)%s", name, pid, adviceOn(name)))
		}
	}
	if len(found) == 0 {
		return ""
	}
	slices.Sort(found)
	return ": " + strings.Join(found, ", ")
}

// manager is the program that nearly always is the one when a port is held, or a modem answers somebody else.
const manager = "ModemManager"

// suspect names the manager where it runs, for a user who cannot see what it has open.
func suspect() string {
	for pid, name := range processes() {
		if name == manager {
			return fmt.Sprintf("; %s runs (pid %d) and may be using it%s", name, pid, adviceOn(name))
		}
	}
	return ""
}

// processes are the names of all processes, by their ids.
func processes() map[int]string {
	entries, _ := os.ReadDir("/proc") // without it nothing can be told
	all := map[int]string{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err == nil {
			all[pid] = profile.WireText([]byte(strings.TrimSpace(string(name))))
		}
	}
	return all
}

func hasOpen(pid int, path string) bool {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	names, err := os.ReadDir(folder)
	if err != nil {
		return false // somebody else's, or gone
	}
	for _, n := range names {
		fd := filepath.Join(folder, n.Name())
		if target, err := os.Readlink(fd); err == nil && target == path && sameNode(fd, path) {
			return true
		}
	}
	return false
}

// sameNode reports whether what a descriptor of a process refers to is what stands at path here: a container has devices of its own
// by the same names.
func sameNode(fd, path string) bool {
	theirs, err := os.Stat(fd)
	if err != nil {
		return false
	}
	ours, err := os.Stat(path)
	return err == nil && os.SameFile(theirs, ours)
}

func adviceOn(name string) string {
	if name != manager {
		return ""
	}
	return `: a udev rule with ENV{ID_MM_DEVICE_IGNORE}="1" keeps it off`
}

// mayNot adds to an error of opening a port what helps.
func mayNot(err error) error {
	if errors.Is(err, unix.EACCES) {
		return fmt.Errorf("%w: meterline's user must be in the group of the port, mostly dialout", err)
	}
	return err
}
