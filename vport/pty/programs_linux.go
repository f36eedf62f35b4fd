package pty

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"meterline/vport"
)

// openers returns, for each device such as /dev/pts/7, the programs that have it open, sorted by process number. This process
// is left out. It looks at every descriptor of every process that this user may look at, which takes milliseconds, so it is for
// requests only.
func openers() (map[string][]vport.Program, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	openers := map[string][]vport.Program{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		devices := devicesOf(e.Name())
		if len(devices) == 0 {
			continue
		}
		// A process that has ended in between has no name, and no descriptors either.
		name, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "comm"))
		for _, d := range devices {
			openers[d] = append(openers[d], vport.Program{PID: pid, Name: strings.TrimSpace(string(name))})
		}
	}
	for _, programs := range openers {
		slices.SortFunc(programs, func(a, b vport.Program) int { return cmp.Compare(a.PID, b.PID) })
	}
	return openers, nil
}

// devicesOf returns the pseudo-terminals that a process has open. Other users' processes, and those that are ending, show none.
func devicesOf(pid string) (devices []string) {
	folder := filepath.Join("/proc", pid, "fd")
	fds, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	for _, fd := range fds {
		fd := filepath.Join(folder, fd.Name())
		target, err := os.Readlink(fd)
		if err == nil && strings.HasPrefix(target, ptsFolder) && digits(target[len(ptsFolder):]) && sameNode(fd, target) {
			devices = append(devices, target)
		}
	}
	slices.Sort(devices)
	return slices.Compact(devices)
}

// sameNode reports whether a process's descriptor refers to the device at that path here: a container has terminals of its own
// with the same names.
func sameNode(fd, device string) bool {
	theirs, err := os.Stat(fd)
	if err != nil {
		return false
	}
	ours, err := os.Stat(device)
	return err == nil && os.SameFile(theirs, ours)
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
