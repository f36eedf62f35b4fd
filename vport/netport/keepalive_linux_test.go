package netport

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// A client that vanished without a word is found by the system, which is told to look.
func TestKeepalive(t *testing.T) {
	p, err := TCP(nil).Open(vport.Spec{Address: "tcp://127.0.0.1:0"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	port, ok := p.(*port)
	if !ok {
		t.Fatalf("%T", p)
	}
	conn, err := net.Dial("tcp", port.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for end := time.Now().Add(20 * time.Second); !p.Present(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the client is not noticed")
		}
	}
	port.queue.Lock()
	sys, err := port.client.conn.(*net.TCPConn).SyscallConn()
	port.queue.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	err = sys.Control(func(fd uintptr) {
		for _, option := range []struct{ name, want int }{
			{unix.TCP_USER_TIMEOUT, 30_000}, {unix.TCP_KEEPIDLE, 15}, {unix.TCP_KEEPINTVL, 5}, {unix.TCP_KEEPCNT, 3},
		} {
			if got, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, option.name); err != nil || got != option.want {
				t.Errorf("option %d is %d, %v, want %d", option.name, got, err, option.want)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
