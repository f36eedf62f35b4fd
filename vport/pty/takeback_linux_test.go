package pty

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// unreadBy is how much a program has not read of what it has been written.
func unreadBy(t *testing.T, f *os.File) (n int) {
	t.Helper()
	err := control(f, func(fd int) {
		readable(fd)
		n, _ = unix.IoctlGetInt(fd, unix.TIOCINQ)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What was written while the program wrote is taken back, unless the program has begun to read it.
func TestTakeBack(t *testing.T) {
	for _, c := range []struct {
		name         string
		before, read string // written to the program earlier, and what it reads
		asks         string // what it writes
		want         bool
	}{
		{"the program has asked anew", "", "", "R2", true},
		{"what came before it goes, too", "head", "", "R2", true},
		{"the program has read it, and asks on", "", "answer", "R2", false},
		{"the program has read some of it", "", "ans", "R2", false},
		{"the program has read what came before", "head", "head", "R2", true},
		{"the program has written nothing", "", "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, vport.Spec{}, startWatcher(t))
			f := program(t, d.port.path)
			d.expect(true)
			d.port.flow.Lock() // nobody reads meanwhile
			defer d.port.flow.Unlock()
			if c.before != "" {
				write(t, d.port, c.before)
			}
			d.port.mu.Lock()
			defer d.port.mu.Unlock()
			if n, err := d.port.pair.write([]byte("answer")); n != len("answer") || err != nil {
				t.Fatal(n, err)
			}
			if c.read != "" {
				read(t, f, c.read)
			}
			if c.asks != "" {
				write(t, f, c.asks)
			}
			if got := d.port.pair.unread() && d.port.takeBack(len("answer")); got != c.want {
				t.Errorf("taken back: %v", got)
			}
			want := len(c.before) + len("answer") - len(c.read)
			if c.want {
				want = 0
			}
			if got := unreadBy(t, f); got != want {
				t.Errorf("%d bytes are left to the program, want %d", got, want)
			}
		})
	}
}

// In packet mode a change of settings can be read from the master, too. The program that makes one keeps what it has been given.
func TestTakeBackFromSettings(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	d.port.flow.Lock()
	defer d.port.flow.Unlock()
	d.port.mu.Lock()
	defer d.port.mu.Unlock()
	l := d.port.pair
	if err := unix.IoctlSetPointerInt(l.fd, unix.TIOCPKT, 1); err != nil {
		t.Fatal(err)
	}
	if n, err := l.write([]byte("answer")); n != len("answer") || err != nil {
		t.Fatal(n, err)
	}
	for _, ixon := range []uint32{unix.IXON, 0} {
		apply(t, f, func(s *unix.Termios) {
			s.Iflag = s.Iflag&^unix.IXON | ixon
			s.Cc[unix.VSTOP], s.Cc[unix.VSTART] = 0x13, 0x11
		})
	}
	if !l.unread() {
		t.Fatal("the change of settings is not told")
	}
	if d.port.takeBack(len("answer")) {
		t.Error("taken back from a program that has written nothing")
	}
	if got := unreadBy(t, f); got != len("answer") {
		t.Errorf("%d bytes are left", got)
	}
}
