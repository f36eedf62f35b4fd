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

	"meterline/relay/wire"
)

// holdersOf names the other processes that have a port open, as text to append to an error; "" if there are none. Only root
// sees those of other users: see suspect.
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

// manager is the program that nearly always is the one that holds a port, or to which a modem is answering.
const manager = "ModemManager"

// suspect names the manager if it runs, for a user who cannot see what it has open.
func suspect() string {
	for pid, name := range processes() {
		if name == manager {
			return fmt.Sprintf("; %s runs (pid %d) and may be using it%s", name, pid, adviceOn(name))
		}
	}
	return ""
}

// processes returns the names of all processes, by their ids.
func processes() map[int]string {
	entries, _ := os.ReadDir("/proc") // without it nothing is known
	all := map[int]string{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err == nil {
			all[pid] = wire.Text([]byte(strings.TrimSpace(string(name))))
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

// sameNode reports whether a process's descriptor refers to the device at path here: a container has devices of its own with
// the same names.
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

// explainOpen adds a hint to an error of opening a port.
func explainOpen(err error) error {
	if errors.Is(err, unix.EACCES) {
		return fmt.Errorf("%w: meterline's user must be in the group of the port, mostly dialout", err)
	}
	return err
}
