package tcpopt

import (
	"net"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// SetUserTimeout bounds how long sent bytes may stay unacknowledged (TCP_MAXRT, ws2ipdef.h: whole seconds, since Windows 8).
func SetUserTimeout(conn *net.TCPConn, d time.Duration) error {
	sys, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var opt error
	err = sys.Control(func(fd uintptr) {
		seconds := int((d + time.Second - 1) / time.Second)
		opt = windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_TCP, windows.TCP_MAXRT, seconds)
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("setsockopt TCP_MAXRT", opt)
}
