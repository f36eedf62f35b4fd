package usb

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"meterline/vport/rawtty"
)

// ttyLine is a serial port served by Go's poller, whatever the number of its descriptor: deadlines work, and Close wakes a
// Read. go.bug.st/serial waits by select(2), which knows no descriptor above 1023, and its writes wait for ever.
type ttyLine struct {
	*os.File
	raw syscall.RawConn
}

// openSerial opens a port for us alone, raw, 8N1. CLOCAL is set: DCD is only read, and does not hang the port up.
func openSerial(path string, speed int, rtscts bool) (_ serialLine, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, unix.EBUSY):
		return nil, fmt.Errorf("%w, for itself alone%s", ErrHeld, cmp.Or(holdersOf(path), suspect()))
	case err != nil:
		return nil, explainOpen(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	l := &ttyLine{File: file}
	if l.raw, err = file.SyscallConn(); err != nil {
		return nil, err
	}
	if err := l.lock(path); err != nil {
		return nil, err
	}
	if err := l.control(func(fd int) error { return makeRawSerial(fd, speed, rtscts) }); err != nil {
		return nil, fmt.Errorf("set it to %d bit/s: %w", speed, err)
	}
	return l, nil
}

// lock keeps other programs out (TIOCEXCL keeps out unprivileged ones, flock those that respect it), and makes sure that none
// had the port before.
func (l *ttyLine) lock(path string) error {
	err := l.control(func(fd int) error {
		if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
			return err
		}
		return unix.IoctlSetInt(fd, unix.TIOCEXCL, 0)
	})
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("%w and has locked it%s", ErrHeld, cmp.Or(holdersOf(path), suspect()))
	}
	if err != nil {
		return fmt.Errorf("take it for us alone: %w", err)
	}
	if h := holdersOf(path); h != "" {
		_ = l.control(func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCNXCL, 0) }) // the port is theirs
		return fmt.Errorf("%w%s", ErrHeld, h)
	}
	return nil
}

// control runs f with the descriptor, which stays open meanwhile.
func (l *ttyLine) control(f func(fd int) error) error {
	var err error
	if cerr := l.raw.Control(func(fd uintptr) { err = f(int(fd)) }); cerr != nil {
		return cerr
	}
	return err
}

// makeRawSerial makes the port raw, at any speed.
func makeRawSerial(fd, speed int, rtscts bool) error {
	err := rawtty.Set(fd, func(t *unix.Termios) {
		t.Iflag |= unix.IGNPAR
		t.Cflag |= unix.CLOCAL | unix.HUPCL
		if rtscts {
			t.Cflag |= unix.CRTSCTS
		}
		rawtty.SetSpeed(t, uint32(speed))
	})
	if err != nil {
		return err
	}
	return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH)
}

// SetDTR returns an error on a pty, which has no such wire.
func (l *ttyLine) SetDTR(on bool) error {
	request := uint(unix.TIOCMBIC)
	if on {
		request = unix.TIOCMBIS
	}
	return l.control(func(fd int) error { return unix.IoctlSetPointerInt(fd, request, unix.TIOCM_DTR) })
}

// Carrier returns an error on a pty, which has no such wire.
func (l *ttyLine) Carrier() (on bool, err error) {
	err = l.control(func(fd int) error {
		bits, err := unix.IoctlGetInt(fd, unix.TIOCMGET)
		on = bits&unix.TIOCM_CD != 0
		return err
	})
	return on, err
}

func (l *ttyLine) Unsent() (n int) {
	_ = l.control(func(fd int) (err error) { n, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ); return err }) // 0 if it fails
	return n
}

// Close drops what is unsent: the kernel would wait 30 s for a modem that takes nothing. TIOCEXCL is undone, as it would remain
// if another descriptor of the port is open.
func (l *ttyLine) Close() error {
	_ = l.control(func(fd int) error { // both fail on a port that was pulled out
		return errors.Join(unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH), unix.IoctlSetInt(fd, unix.TIOCNXCL, 0))
	})
	return l.File.Close()
}
