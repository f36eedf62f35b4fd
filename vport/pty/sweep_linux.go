package pty

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// disciplineTTY is the number of the ordinary line discipline (N_TTY in linux/tty.h).
const disciplineTTY = 0

// errExclusive is what an unprivileged process meets: the kernel gives it no slave descriptor any more.
var errExclusive = errors.New("a program that has gone has left the port for its own use (TIOCEXCL)")

// sweep makes the slave fit for the next program where that takes a slave descriptor. It lifts TIOCEXCL, restores the line
// discipline N_TTY, drops what the last program has not read, and starts stopped output. What the last program has written
// stays.
//
// The descriptor is opened for reading, so that inotify distinguishes its close from a program's. opened reports whether there
// will be such a close.
func (l *pair) sweep() (opened bool, err error) {
	fd, err := l.openSlave()
	if errors.Is(err, unix.EBUSY) {
		return false, errExclusive
	}
	if err != nil {
		return false, fmt.Errorf("open %s to tidy it: %w", l.device, err)
	}
	// TIOCEXCL comes first: until then a program that opens the port again at once is refused.
	exclusive := unix.IoctlSetInt(fd, unix.TIOCNXCL, 0)
	err = makeFit(fd)
	for tries := 1; err != nil && tries < sweepTries; tries++ {
		err = makeFit(fd)
	}
	if err := errors.Join(exclusive, err, unix.Close(fd)); err != nil {
		return true, fmt.Errorf("tidy %s: %w", l.device, err)
	}
	return true, nil
}

// sweepTries is enough for a program that comes in the middle of a sweep and sets another discipline.
const sweepTries = 20

// makeFit prepares a slave for the next program, except for TIOCEXCL. The flush and the start of output need N_TTY.
func makeFit(slave int) error {
	if err := restoreDiscipline(slave); err != nil {
		return err
	}
	if err := unix.IoctlSetInt(slave, unix.TCFLSH, unix.TCIFLUSH); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	if err := unix.IoctlSetInt(slave, unix.TCXONC, unix.TCOON); err != nil {
		return fmt.Errorf("start output: %w", err)
	}
	return nil
}

// openSlave opens the slave for reading. It does not use the device's name, which may lead to another terminal.
func (l *pair) openSlave() (int, error) {
	const flags = unix.O_RDONLY | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), unix.TIOCGPTPEER, flags)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// restoreDiscipline undoes TIOCSETD, which outlasts the program that called it: with N_NULL every read and write of later
// programs fails. It looks first, since setting a discipline waits up to 5 s for a reader even if nothing changes.
func restoreDiscipline(slave int) error {
	now, err := unix.IoctlGetUint32(slave, unix.TIOCGETD)
	if err != nil {
		return fmt.Errorf("line discipline: %w", err)
	}
	if now == disciplineTTY {
		return nil
	}
	if err := unix.IoctlSetPointerInt(slave, unix.TIOCSETD, disciplineTTY); err != nil {
		return fmt.Errorf("line discipline %d: %w", now, err)
	}
	return nil
}

// unlock lifts the locks that a program of root has put on the settings with TIOCSLCKTRMIOS. Under them neither we nor later
// programs can change anything, and no error says so. Only root may lift them.
func (l *pair) unlock() error {
	if !l.locked() {
		return nil
	}
	if err := unix.IoctlSetTermios(l.fd, unix.TIOCSLCKTRMIOS, &unix.Termios{}); err != nil {
		return fmt.Errorf("settings of %s are locked: %w", l.device, err)
	}
	return nil
}

func (l *pair) locked() bool {
	locks, err := unix.IoctlGetTermios(l.fd, unix.TIOCGLCKTRMIOS)
	return err == nil && *locks != (unix.Termios{})
}

// setBarred makes the kernel refuse programs that want to open the slave (EIO), or accept them again. A program that has it open
// keeps it.
func (l *pair) setBarred(refuse bool) error {
	value := 0
	if refuse {
		value = 1
	}
	if err := unix.IoctlSetPointerInt(l.fd, unix.TIOCSPTLCK, value); err != nil {
		return fmt.Errorf("lock %s: %w", l.device, err)
	}
	return nil
}

// wasReset reports whether the settings are those that the kernel sets when root hangs a terminal up with vhangup(2) or
// TIOCVHANGUP (drivers/tty/tty_io.c, tty_std_termios). Programs do not set exactly these.
func wasReset(t *unix.Termios) bool {
	const local = unix.ISIG | unix.ICANON | unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHOCTL | unix.ECHOKE | unix.IEXTEN
	return t.Iflag == unix.ICRNL|unix.IXON && t.Oflag == unix.OPOST|unix.ONLCR &&
		t.Cflag == unix.B38400|unix.CS8|unix.CREAD && t.Lflag&^unix.EXTPROC == local
}
