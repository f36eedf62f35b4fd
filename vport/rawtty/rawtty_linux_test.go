package rawtty

import (
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

func TestSet(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	defer master.Close()
	defer slave.Close()
	fd := int(slave.Fd())
	fresh, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*unix.Termios)
		cflag  uint32
		speed  uint32
	}{
		"as it is":  {nil, fresh.Cflag&unix.CBAUD | unix.CS8 | unix.CREAD, fresh.Ospeed},
		"any speed": {func(t *unix.Termios) { SetSpeed(t, 12345) }, unix.BOTHER | unix.CS8 | unix.CREAD, 12345},
		"a flag":    {func(t *unix.Termios) { t.Cflag |= unix.HUPCL }, unix.HUPCL | unix.CS8 | unix.CREAD, 0},
	} {
		if err := unix.IoctlSetTermios(fd, unix.TCSETS2, fresh); err != nil {
			t.Fatal(err)
		}
		if err := Set(fd, c.change); err != nil {
			t.Fatal(err)
		}
		got, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
		if err != nil {
			t.Fatal(err)
		}
		if got.Iflag|got.Oflag|got.Lflag != 0 || got.Cflag&^unix.CBAUD != c.cflag&^unix.CBAUD || got.Cc[unix.VMIN] != 1 || got.Cc[unix.VTIME] != 0 {
			t.Errorf("%s: flags %#o %#o %#o %#o, a read waits for %d bytes", name, got.Iflag, got.Oflag, got.Cflag, got.Lflag, got.Cc[unix.VMIN])
		}
		if c.speed != 0 && got.Ospeed != c.speed {
			t.Errorf("%s: %d bit/s, want %d", name, got.Ospeed, c.speed)
		}
	}
	if err := Set(-1, nil); err == nil {
		t.Error("what is no terminal is set")
	}
}
