package pty

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// The kernel's own rule, for which calm clears CLOCAL.
func TestCharacterSizeAndParityAreForced(t *testing.T) {
	d := newDesk(t, vport.Spec{}, nil)
	f := program(t, d.port.path)
	apply(t, f, func(s *unix.Termios) {
		s.Cflag = s.Cflag&^unix.CSIZE | unix.CS7 | unix.PARENB | unix.PARODD | unix.CSTOPB
	})
	if got := settings(t, f).Cflag & (unix.CSIZE | unix.PARENB | unix.PARODD | unix.CSTOPB); got != unix.CS8|unix.PARODD|unix.CSTOPB {
		t.Errorf("cflag %#o, want CS8 without PARENB, as the kernel forces it, and the rest as set", got)
	}
}

// What a program can count on, and what not: a pseudo-terminal has no modem lines.
func TestModemLinesDoNotExist(t *testing.T) {
	d := newDesk(t, vport.Spec{}, nil)
	f := program(t, d.port.path)
	for name, request := range map[string]uint{
		"TIOCMGET": unix.TIOCMGET, "TIOCMSET": unix.TIOCMSET, "TIOCMBIS": unix.TIOCMBIS, "TIOCMBIC": unix.TIOCMBIC,
		"TIOCMIWAIT": unix.TIOCMIWAIT, "TIOCGSERIAL": unix.TIOCGSERIAL, "TIOCGICOUNT": unix.TIOCGICOUNT,
	} {
		err := ioctl(t, f, request)
		if !errors.Is(err, unix.ENOTTY) {
			t.Errorf("%s: %v, want ENOTTY", name, err)
		}
	}
	for name, request := range map[string]uint{"TIOCINQ": unix.TIOCINQ, "TIOCOUTQ": unix.TIOCOUTQ} {
		if err := ioctl(t, f, request); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// ioctl makes a request whose answer, if any, is a number or not looked at.
func ioctl(t testing.TB, f *os.File, request uint) error {
	t.Helper()
	var err error
	if cerr := control(f, func(fd int) { _, err = unix.IoctlGetInt(fd, request) }); cerr != nil {
		t.Fatal(cerr)
	}
	return err
}

// tcdrain says nothing on a pseudo-terminal, and a tcflush behind it drops what the reader has not taken yet: half of the tails
// where reading is slow. So what counts is how soon the reader has them.
func TestPromptReaderKeepsTheTail(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	var took []time.Duration
	for range 101 {
		begin := time.Now()
		write(t, f, "tail")
		if err := control(f, func(fd int) { _ = unix.IoctlSetInt(fd, unix.TCSBRK, 1) }); err != nil {
			t.Fatal(err)
		}
		d.expectBytes("tail")
		took = append(took, time.Since(begin))
		if err := control(f, func(fd int) { _ = unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH) }); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(took)
	t.Logf("median %v, worst %v", took[50], took[100])
	if took[50] > 20*time.Millisecond {
		t.Errorf("half of the tails take more than %v to be read", took[50])
	}
}

// pySerial is the strictest client: its second tcsetattr for 7E1 fails wherever nothing but the parity is to change.
func TestSevenEvenOneAgainAndAgain(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]func(vport.Signal){"plain": nil, "in packet mode": func(vport.Signal) {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, vport.Spec{}, startWatcher(t))
			d.port.SetSignal(signal)
			sevenEvenOne(t, d)
		})
	}
}

func sevenEvenOne(t *testing.T, d *desk) {
	t.Helper()
	const script = `
import serial, sys
for i in range(int(sys.argv[2])):
    s = serial.Serial(sys.argv[1], 300, bytesize=7, parity='E', stopbits=1, timeout=20)
    s.write(b'/?!\r\n')
    if s.read(3) != b'ok!':
        sys.exit('no answer at open %d' % (i + 1))
    s.close()
    sys.stdin.readline()
`
	python := pythonWithSerial(t)
	c := exec.Command(python, "-c", script, d.port.path, "100")
	next, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var says bytes.Buffer
	c.Stderr = &says
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	join(t, func() { ended <- c.Wait() }, func() { _ = c.Process.Kill() })
	for i := range 100 {
		select {
		case <-d.open:
		case err := <-ended:
			t.Fatalf("open %d: %v: %s", i+1, err, &says)
		}
		d.expectBytes("/?!\r\n")
		write(t, d.port, "ok!")
		d.expect(false)
		write(t, next, "\n")
	}
	if err := <-ended; err != nil {
		t.Errorf("%v: %s", err, &says)
	}
}

// pythonWithSerial finds an interpreter that has pySerial; the distribution's may stand behind another.
func pythonWithSerial(t testing.TB) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import serial").Run() == nil {
			return python
		}
	}
	t.Skip("python3-serial is not installed")
	return ""
}
