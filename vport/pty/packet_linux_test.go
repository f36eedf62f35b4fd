package pty

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// What the kernel tells of a slave in packet mode, and what not.

// packetPair is a pair in packet mode whose own news has been taken, and a program that has it open.
func packetPair(t *testing.T) (*pair, *os.File) {
	t.Helper()
	l, err := newPair(nil, "", owner{mode: 0o600, uid: -1, gid: -1})
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	l.watched = true // no CLOCAL is cleared behind reads
	t.Cleanup(func() { _ = l.file.Close() })
	if err := l.setPacket(true); err != nil {
		t.Fatal(err)
	}
	f := program(t, l.device)
	allNews(t, l)
	return l, f
}

// allNews is all the news that waits.
func allNews(t *testing.T, l *pair) (all news) {
	t.Helper()
	for buf := make([]byte, 64); ; {
		data, what, err := l.read(buf)
		if errors.Is(err, unix.EAGAIN) {
			return all
		}
		if err != nil || len(data) > 0 {
			t.Fatalf("read %q, %v", data, err)
		}
		all |= what
	}
}

func TestNews(t *testing.T) {
	request := func(request uint, value int) func(*testing.T, *os.File) {
		return func(t *testing.T, f *os.File) {
			if err := control(f, func(fd int) { _ = unix.IoctlSetInt(fd, request, value) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	set := func(change func(*unix.Termios)) func(*testing.T, *os.File) {
		return func(t *testing.T, f *os.File) { apply(t, f, change) }
	}
	l, f := packetPair(t)
	for _, c := range []struct {
		name string
		does func(*testing.T, *os.File)
		want news
	}{
		{"nothing changes", set(func(*unix.Termios) {}), unix.TIOCPKT_IOCTL},
		{"a speed", set(func(s *unix.Termios) { s.Cflag = s.Cflag&^unix.CBAUD | unix.BOTHER; s.Ospeed = 12345 }), unix.TIOCPKT_IOCTL},
		{"EXTPROC is cleared", set(func(s *unix.Termios) { s.Lflag = 0 }), unix.TIOCPKT_IOCTL},
		{"and then nothing is told", set(func(s *unix.Termios) { s.Cflag |= unix.CSTOPB }), 0},
		{"until it is set again", set(func(s *unix.Termios) { s.Lflag = unix.EXTPROC }), unix.TIOCPKT_IOCTL},
		{"what was received is flushed", request(unix.TCFLSH, unix.TCIFLUSH), unix.TIOCPKT_FLUSHREAD},
		{"what is to be sent is flushed", request(unix.TCFLSH, unix.TCOFLUSH), unix.TIOCPKT_FLUSHWRITE},
		{"both are", request(unix.TCFLSH, unix.TCIOFLUSH), unix.TIOCPKT_FLUSHREAD | unix.TIOCPKT_FLUSHWRITE},
		{"a break", request(unix.TCSBRK, 0), 0},
		{"a break begins", request(unix.TIOCSBRK, 0), 0},
		{"a break ends", request(unix.TIOCCBRK, 0), 0},
	} {
		c.does(t, f)
		if got := allNews(t, l); got != c.want {
			t.Errorf("%s: %#x is told, want %#x", c.name, got, c.want)
		}
	}
	l.allowParity()
	if got := allNews(t, l); got != unix.TIOCPKT_IOCTL {
		t.Errorf("CLOCAL is cleared by us: %#x is told", got)
	}
	closeFile(t, f)
	if _, what, err := l.read(make([]byte, 64)); what != 0 || !errors.Is(err, unix.EIO) {
		t.Errorf("behind the last close: %#x, %v, want EIO", what, err)
	}
}

// News comes before the bytes that were written before it; but these can all be read at once behind it.
func TestNewsOvertakesBytes(t *testing.T) {
	l, f := packetPair(t)
	overtook := 0
	buf := make([]byte, 64)
	for i := range 2000 {
		write(t, f, "bytes")
		apply(t, f, func(s *unix.Termios) { s.Ospeed = uint32(1000 + i) })
		var order []news
		var got []byte
		for range 2 {
			data, what, err := l.read(buf)
			if err != nil {
				t.Fatalf("round %d: %q, %v, %v", i, got, order, err)
			}
			got, order = append(got, data...), append(order, what)
		}
		if string(got) != "bytes" || order[0]+order[1] != unix.TIOCPKT_IOCTL {
			t.Fatalf("round %d: %q, %v", i, got, order)
		}
		if order[0] != 0 {
			overtook++
		}
	}
	if t.Logf("news overtook bytes %d times in 2000", overtook); overtook == 0 {
		t.Error("news never overtakes bytes: they need not be sorted")
	}
}
