package daemon

import "golang.org/x/sys/unix"

// monotonic is CLOCK_MONOTONIC in microseconds, the clock that systemd compares reloads by.
func monotonic() (int64, bool) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0, false
	}
	return now.Nano() / 1000, true
}
