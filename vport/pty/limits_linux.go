package pty

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// spare is the number of descriptors that a process needs besides ports and sessions: logs, the control socket, the poller.
const spare = 64

// Limits returns which limits of the system are too low for these ports and so many sessions, and what to raise. It assumes
// what RaiseLimits can reach, and counts the ports that this system has in use already.
func Limits(ports []vport.Spec, sessions int) []string {
	ptys, descriptors := 0, 0
	for _, s := range ports {
		if isPath(s.Address) {
			ptys++
			descriptors++
		} else {
			descriptors += netDescriptors
		}
	}
	return limits(ptys, len(ports), descriptors, sessions)
}

// netDescriptors is how many descriptors a network port needs: its listener, a client, and a client that waits or is refused.
const netDescriptors = 3

func limits(ptys, ports, descriptors, sessions int) []string {
	return append(append(ptyLimits(ptys), descriptorLimits(ports, descriptors, sessions)...), inotifyLimits(ptys)...)
}

// ptyLimits checks the number of pseudo-terminals. A container may have kernel.pty.max less kernel.pty.reserve; the host may
// use the reserve as well, but a process cannot find out where it runs.
func ptyLimits(ports int) []string {
	highest, ok1 := sysctl("kernel/pty/max")
	reserve, ok2 := sysctl("kernel/pty/reserve")
	used, ok3 := sysctl("kernel/pty/nr")
	free := max(highest-reserve-used, 0)
	if !ok1 || !ok2 || !ok3 || ports <= free {
		return nil
	}
	return []string{fmt.Sprintf("%d ports need as many pseudo-terminals, and %d are free (%d in use, kernel.pty.max %d, of which %d are reserved): sysctl -w kernel.pty.max=%d",
		ports, free, used, highest, reserve, ports+reserve+used+spare)}
}

// descriptorLimits checks the number of open files: descriptors for the ports, and one for each session. After an outage there
// may be 256 callers that have not registered yet, or twice the number of modems.
func descriptorLimits(ports, descriptors, sessions int) []string {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return nil
	}
	need := uint64(descriptors + max(sessions, 0) + max(256, 2*sessions) + spare)
	if need <= limit.Max {
		return nil
	}
	return []string{fmt.Sprintf("%d ports and %d sessions need up to %d open files, and this process may have %d: LimitNOFILE=%d in the systemd unit, or ulimit -n %d",
		ports, sessions, need, limit.Max, need, need)}
}

// inotifyLimits checks one watch for each port and one instance. The instance is tried, since the system does not say how many
// are in use.
func inotifyLimits(ports int) (texts []string) {
	if watches, ok := sysctl("fs/inotify/max_user_watches"); ok && ports > watches {
		texts = append(texts, fmt.Sprintf("%d ports need as many inotify watches, and a user may have %d: sysctl -w fs.inotify.max_user_watches=%d (without it ports work, but notice a program late)",
			ports, watches, ports+spare))
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if errors.Is(err, unix.EMFILE) {
		return append(texts, "no inotify instance is left for this user: raise fs.inotify.max_user_instances with sysctl (without it ports work, but notice a program late)")
	}
	if err == nil {
		_ = unix.Close(fd) // nothing was written to it
	}
	return texts
}

func sysctl(name string) (int, bool) {
	text, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return n, err == nil
}

// RaiseLimits raises the limit of open files as far as this process may.
func RaiseLimits() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	if limit.Cur >= limit.Max {
		return nil
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("raise the limit of open files to %d: %w", limit.Max, err)
	}
	return nil
}
