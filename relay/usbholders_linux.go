package relay

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holdersOf names the other processes that have a port open, in words that go behind an error; "" if there are none. Those of
// other users are seen by root alone; ModemManager is named where it runs at all, for it is nearly always the one.
func holdersOf(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	names, err := os.ReadDir("/proc")
	if err != nil {
		return ""
	}
	var found []string
	for _, n := range names {
		pid, err := strconv.Atoi(n.Name())
		if err != nil || pid == os.Getpid() || !hasOpen(pid, path) {
			continue
		}
		found = append(found, fmt.Sprintf("%s (pid %d)%s", processName(pid), pid, adviceOn(processName(pid))))
	}
	if len(found) == 0 {
		return ""
	}
	return ": " + strings.Join(found, ", ")
}

func hasOpen(pid int, path string) bool {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	names, err := os.ReadDir(folder)
	if err != nil {
		return false // somebody else's, or gone
	}
	for _, n := range names {
		if target, err := os.Readlink(filepath.Join(folder, n.Name())); err == nil && target == path {
			return true
		}
	}
	return false
}

func processName(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "a process"
	}
	return wireText([]byte(strings.TrimSpace(string(b))))
}

func adviceOn(name string) string {
	if name != "ModemManager" {
		return ""
	}
	return `, which a udev rule with ENV{ID_MM_DEVICE_IGNORE}="1" keeps off`
}
