package tcpopt

import (
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// SetUserTimeout bounds how long sent bytes may stay unacknowledged (TCP_USER_TIMEOUT, tcp(7)).
func SetUserTimeout(conn *net.TCPConn, d time.Duration) error {
	sys, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var opt error
	err = sys.Control(func(fd uintptr) {
		opt = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("setsockopt TCP_USER_TIMEOUT", opt)
}
