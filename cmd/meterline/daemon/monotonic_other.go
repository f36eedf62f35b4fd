//go:build !linux

package daemon

// monotonic is a clock for systemd, which is not here.
func monotonic() (int64, bool) { return 0, false }
