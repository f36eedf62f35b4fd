//go:build !linux

package vport

import (
	"net"
	"time"
)

// setUserTimeout is for Linux alone: elsewhere the system decides how long it repeats what is not acknowledged.
func setUserTimeout(*net.TCPConn, time.Duration) error { return nil }
