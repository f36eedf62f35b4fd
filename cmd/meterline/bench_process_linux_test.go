package main_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is what processes have used so far, in all their threads, to the nanosecond: a process's CPU-time clock has a
// number that is made of its process id (clock_getcpuclockid(3)).
func cpuTime(pids []int) (sum time.Duration) {
	const ofProcess = 2
	for _, pid := range pids {
		var t unix.Timespec
		if unix.ClockGettime(int32(^pid<<3|ofProcess), &t) == nil {
			sum += time.Duration(t.Nano())
		}
	}
	return sum
}

// end kills processes that were started here: what waits for them then sees its port or its connection go.
func end(pids []int) {
	for _, pid := range pids {
		_ = unix.Kill(pid, unix.SIGKILL) // whoever started it waits for it
	}
}

// footprint is what a process occupies.
type footprint struct {
	resident     float64 // KiB
	proportional float64 // KiB, with its share of what it has in common with others
	descriptors  int
	threads      int
}

func footprintOf(pid int) (f footprint, err error) {
	proc := fmt.Sprintf("/proc/%d/", pid)
	text, err := os.ReadFile(proc + "smaps_rollup")
	if err != nil {
		return f, err
	}
	for line := range bytes.Lines(text) {
		field := strings.Fields(string(line))
		if len(field) != 3 {
			continue
		}
		n, _ := strconv.ParseFloat(field[1], 64) // the first line has addresses, which no case takes
		switch field[0] {
		case "Rss:":
			f.resident = n
		case "Pss:":
			f.proportional = n
		}
	}
	if f.descriptors, err = entries(proc + "fd"); err != nil {
		return f, err
	}
	f.threads, err = entries(proc + "task")
	return f, err
}

func entries(folder string) (int, error) {
	names, err := os.ReadDir(folder)
	return len(names), err
}
