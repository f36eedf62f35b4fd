//go:build !linux && !windows

package tcpopt

import (
	"errors"
	"net"
	"time"
)

// SetUserTimeout is for Linux and Windows: elsewhere the system decides how long it repeats what is not acknowledged.
func SetUserTimeout(*net.TCPConn, time.Duration) error { return errors.ErrUnsupported }
