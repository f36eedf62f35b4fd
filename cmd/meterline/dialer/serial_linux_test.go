package dialer

import (
	"os"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// isExclusive asks a descriptor's terminal whether it refuses further opens.
func isExclusive(t *testing.T, f *os.File) bool {
	t.Helper()
	set := 0
	if err := onDescriptor(f, func(fd int) (err error) {
		set, err = unix.IoctlGetInt(fd, unix.TIOCGEXCL)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return set != 0
}

// A pseudo-terminal keeps TIOCEXCL behind the last close; then no other user's program can open it.
func TestExclusiveUseEndsWithThePort(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	defer func() { _ = master.Close() }()
	defer func() { _ = slave.Close() }()
	port, err := OpenSerial(slave.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !isExclusive(t, slave) {
		t.Error("the port is not for this program alone while it is open")
	}
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	if isExclusive(t, slave) {
		t.Error("the port stays exclusive behind the close")
	}
	if err := port.Close(); err == nil {
		t.Error("a second close succeeds")
	}
}
