//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package dialer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// serialPort is a serial port that only this program has open.
type serialPort struct{ *os.File }

// Close first ends the exclusive use. A pseudo-terminal would remember it, and refuse the next program.
func (p *serialPort) Close() error {
	_ = onDescriptor(p.File, func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCNXCL, 0) }) // it may be closed, or hung up
	return p.File.Close()
}

// OpenSerial opens a serial port as dialling programs do: raw, for exclusive use, and so that closing it hangs up. It does not change the
// speed.
func OpenSerial(path string) (Port, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("no port %s: is the daemon running?", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("port %s: permission denied: its group may open it, see ls -lL %s", path, path)
	case errors.Is(err, unix.EBUSY):
		return nil, fmt.Errorf("port %s is busy: another program has it for itself", path)
	case err != nil:
		return nil, fmt.Errorf("open the port: %w", err)
	}
	_, err = changeTermios(f, func(t *unix.Termios) {
		makeRaw(t)
		t.Cflag |= unix.CLOCAL | unix.HUPCL
	})
	if err == nil {
		err = onDescriptor(f, func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCEXCL, 0) })
	}
	if errors.Is(err, unix.ENOTTY) {
		err = errors.New("it is no serial port")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("port %s: %w", path, err), f.Close())
	}
	return &serialPort{f}, nil
}

// rawTerminal makes a terminal pass on each key as it is typed, until restore is called. It returns false if f is no terminal. Output is not
// changed: a line feed still begins a new line.
func rawTerminal(f *os.File) (restore func(), is bool) {
	before, err := changeTermios(f, func(t *unix.Termios) {
		output := t.Oflag
		makeRaw(t)
		t.Oflag = output
	})
	if err != nil {
		return nil, false
	}
	return func() { _, _ = changeTermios(f, func(t *unix.Termios) { *t = before }) }, true // the terminal may be gone
}

// makeRaw makes all bytes pass unaltered, with 8 bits. A read returns after the first byte.
func makeRaw(t *unix.Termios) {
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON | unix.IXOFF
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag &^= unix.CSIZE | unix.PARENB
	t.Cflag |= unix.CS8 | unix.CREAD
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
}

// changeTermios changes a terminal's settings, and returns what they were.
func changeTermios(f *os.File, change func(*unix.Termios)) (before unix.Termios, err error) {
	err = onDescriptor(f, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, getTermios)
		if err != nil {
			return err
		}
		before = *t
		change(t)
		return unix.IoctlSetTermios(fd, setTermios, t)
	})
	return before, err
}

// onDescriptor calls do with the descriptor of f. Unlike f.Fd, it leaves the descriptor non-blocking.
func onDescriptor(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var done error
	return errors.Join(raw.Control(func(fd uintptr) { done = do(int(fd)) }), done)
}

// readable waits up to d until a file has something to read, or has ended.
func readable(f *os.File, d time.Duration) bool {
	ready := false
	_ = onDescriptor(f, func(fd int) error {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(d/time.Millisecond))
		ready = n > 0 || err != nil && !errors.Is(err, unix.EINTR)
		return nil
	})
	return ready
}
