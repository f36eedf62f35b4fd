package bridge

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
)

// A program comes to the port while the bytes of the one before are still on their way, and sets nothing: it gets the speed of the
// configuration, not that of the one before.
func TestNextProgramBehindATail(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	var told strings.Builder
	far := newFarPort(ctx, t, &farPort{telnet: true, hears: func(c *farConn, p []byte) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(&told, "%d %s ", c.speed, p)
	}})
	hears := func(want string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; pause(ctx, time.Millisecond) {
			mu.Lock()
			got := told.String()
			mu.Unlock()
			if got == want {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("the far port is told %q, want %q", got, want)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "m")
	b, stop := serveUntil(ctx, Config{
		Modems: []modem.Config{{Name: "m", Dial: []string{far.address()}, Serial: vport.Settings{Speed: 19200}}},
		Ports:  []PortConfig{{Name: "m", Own: true, Modem: "m", Spec: vport.Spec{Address: path}}},
	})
	defer stop()
	long := strings.Repeat("long", 15) // a second and a half at 300
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	write := func(f *os.File, text string) {
		if _, err := f.WriteString(text); err != nil {
			t.Error(err)
		}
	}
	until := func(what string, done func(status.Status) bool) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); !done(b.Status()); pause(ctx, time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("not within 20 s: %s", what)
			}
		}
	}
	until("a session", func(s status.Status) bool { return s.Modems[0].State == string(modem.Up) })
	one := open()
	setTo(t, one, 300)
	write(one, long)
	hears("300 " + long + " ")
	setTo(t, one, 600) // once all that has left the far port
	write(one, "tail")
	until("the tail is read", func(s status.Status) bool { return s.Ports[0].FromDTE == int64(len(long)+4) })
	one.Close()
	until("the program has left", func(s status.Status) bool { return !s.Ports[0].Open }) // its tail waits, unless the machine is busy
	two := open()
	defer two.Close()
	write(two, "unset")
	hears("300 " + long + " 600 tail 19200 unset ")
}

// setTo sets a speed as programs do.
func setTo(t *testing.T, f *os.File, speed uint32) {
	t.Helper()
	conn, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	cerr := conn.Control(func(fd uintptr) {
		var s *unix.Termios
		if s, err = unix.IoctlGetTermios(int(fd), unix.TCGETS2); err == nil {
			s.Cflag = s.Cflag&^unix.CBAUD | unix.BOTHER | unix.CLOCAL
			s.Ispeed, s.Ospeed = speed, speed
			err = unix.IoctlSetTermios(int(fd), unix.TCSETS2, s)
		}
	})
	if cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
}
