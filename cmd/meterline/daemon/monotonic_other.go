//go:build !linux

package daemon

// monotonic returns false: there is no systemd here.
func monotonic() (int64, bool) { return 0, false }
