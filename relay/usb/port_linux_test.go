package usb_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/relay/simulated"
	"meterline/relay/usb"
)

func TestPortOfAnotherProgram(t *testing.T) {
	t.Parallel()
	stick := &simulated.ATStick{Modem: &simulated.ATModem{}, Link: filepath.Join(t.TempDir(), "modem")}
	var group sync.WaitGroup
	t.Cleanup(group.Wait)
	group.Go(func() {
		if err := stick.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	awaitReal(t, "the port", func() bool { return stick.Device() != "" })
	port, err := os.OpenFile(stick.Device(), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), "cat")
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	other.ExtraFiles = []*os.File{port}
	if err := other.Start(); err != nil {
		t.Skipf("cannot start cat: %v", err)
	}
	_ = port.Close()
	_, err = usb.OpenSerial(stick.Link, 115200, false)
	if !errors.Is(err, usb.ErrHeld) || !strings.Contains(err.Error(), "cat (pid ") {
		t.Error(err)
	}
	named := usb.Selector{Path: stick.Link}
	if err := named.Check(); !errors.Is(err, usb.ErrHeld) || !strings.Contains(err.Error(), "cat (pid ") {
		t.Errorf("looked at: %v", err)
	}
	_ = in.Close()
	_ = other.Wait()
	if err := named.Check(); err != nil {
		t.Errorf("free, and looked at: %v", err)
	}
	line, err := usb.OpenSerial(stick.Link, 115200, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := usb.OpenSerial(stick.Link, 115200, false); !errors.Is(err, usb.ErrHeld) {
		t.Errorf("opened twice: %v", err)
	}
	if err := line.Close(); err != nil {
		t.Error(err)
	}
	if line, err = usb.OpenSerial(stick.Link, 300, false); err != nil {
		t.Fatal(err)
	}
	if err := line.Close(); err != nil {
		t.Error(err)
	}
}

func TestPortThatIsNone(t *testing.T) {
	if _, err := usb.OpenSerial("/dev/null", 9600, false); err == nil {
		t.Error("/dev/null is a modem")
	}
	if _, err := usb.OpenSerial(filepath.Join(t.TempDir(), "none"), 9600, false); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestSerialLineIsNeverStuck: Close wakes a read, a write ends at its deadline, and closing does not wait for what is unsent.
func TestSerialLineIsNeverStuck(t *testing.T) {
	t.Parallel()
	master, device := bareTerminal(t)
	line, err := usb.OpenSerial(device, 9600, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := line.Carrier(); err == nil {
		t.Error("a pty has no DCD")
	}
	if err := line.SetDTR(true); err == nil {
		t.Error("a pty has no DTR")
	}
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := line.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
			t.Errorf("read: %v", err)
		}
	})
	if err := line.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, err := line.Write(make([]byte, 1<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 || n == 1<<20 {
		t.Errorf("wrote %d: %v", n, err)
	}
	began := time.Now()
	if err := line.Close(); err != nil {
		t.Error(err)
	}
	group.Wait()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("closing took %v", took)
	}
	_ = master.Close()
}

func TestSerialLinePulledOut(t *testing.T) {
	t.Parallel()
	master, device := bareTerminal(t)
	line, err := usb.OpenSerial(device, 9600, false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = line.Close() }()
	time.AfterFunc(20*time.Millisecond, func() { _ = master.Close() })
	if n, err := line.Read(make([]byte, 1)); n != 0 || !errors.Is(err, unix.EIO) && !errors.Is(err, io.EOF) {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := line.Write([]byte("x")); err == nil {
		t.Error("it still writes")
	}
}

// bareTerminal is a pseudo-terminal that nobody reads.
func bareTerminal(t *testing.T) (master *os.File, device string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	_ = conn.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return master, filepath.Join("/dev/pts", strconv.Itoa(n))
}
