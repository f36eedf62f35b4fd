package tcpopt

import (
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// The limit is set where the system knows it; where it does not, as on Wine 8, the connection goes on without.
func TestUserTimeout(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	far, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	refused := SetUserTimeout(conn.(*net.TCPConn), 29500*time.Millisecond)
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(far, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if refused != nil {
		if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() != nil {
			t.Fatal(refused)
		}
		t.Skipf("Wine does not know TCP_MAXRT: %v", refused)
	}
	sys, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = sys.Control(func(fd uintptr) {
		if got, err := windows.GetsockoptInt(windows.Handle(fd), windows.IPPROTO_TCP, windows.TCP_MAXRT); err != nil || got != 30 {
			t.Errorf("it is %d, %v, want 30", got, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
