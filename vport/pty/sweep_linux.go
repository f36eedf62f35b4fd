package pty

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// disciplineTTY is the number of the ordinary line discipline (N_TTY in linux/tty.h).
const disciplineTTY = 0

// errExclusive is what a process without privilege meets: the kernel lets it have no slave descriptor any more.
var errExclusive = errors.New("a program that has gone has left the port for its own use (TIOCEXCL)")

// sweep makes the slave fit for the next program, in the parts that only a slave descriptor can reach. It lifts TIOCEXCL, puts the
// line discipline back to N_TTY, drops what the last program has not read, and starts a stopped output. What the last program has
// written stays.
//
// The descriptor is opened for reading, so that inotify tells its close from a program's; opened reports that there will be one.
func (l *pair) sweep() (opened bool, err error) {
	fd, err := l.openSlave()
	if errors.Is(err, unix.EBUSY) {
		return false, errExclusive
	}
	if err != nil {
		return false, fmt.Errorf("open %s to tidy it: %w", l.device, err)
	}
	// TIOCEXCL goes first: a program that opens the port again at once is being refused.
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

// sweepTries is enough for a program that comes in the midst of a sweep and sets another discipline.
const sweepTries = 20

// makeFit readies a slave for the next program, but for TIOCEXCL. The flush and the start of output need N_TTY.
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

// openSlave opens the slave for reading. It does not go by the name of the device, at which another terminal may stand.
func (l *pair) openSlave() (int, error) {
	const flags = unix.O_RDONLY | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), unix.TIOCGPTPEER, flags)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// restoreDiscipline undoes TIOCSETD, which outlives the program that called it: with N_NULL every read and write of later programs
// fails. It looks first, since setting a discipline waits up to 5 s for whoever is reading, even if nothing changes.
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

// unlock lifts the locks that a program of root has put on the settings with TIOCSLCKTRMIOS: under them neither we nor later
// programs change anything, and no error says so. Only root may lift them.
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

// bar refuses programs that want to open the slave (EIO), or lets them in again. Whoever has it open keeps it.
func (l *pair) bar(refuse bool) error {
	value := 0
	if refuse {
		value = 1
	}
	if err := unix.IoctlSetPointerInt(l.fd, unix.TIOCSPTLCK, value); err != nil {
		return fmt.Errorf("lock %s: %w", l.device, err)
	}
	return nil
}

// wasReset reports whether the settings are those that the kernel gives a terminal when root hangs it up with vhangup(2) or
// TIOCVHANGUP (drivers/tty/tty_io.c, tty_std_termios). Programs do not set exactly these.
func wasReset(t *unix.Termios) bool {
	const local = unix.ISIG | unix.ICANON | unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHOCTL | unix.ECHOKE | unix.IEXTEN
	return t.Iflag == unix.ICRNL|unix.IXON && t.Oflag == unix.OPOST|unix.ONLCR &&
		t.Cflag == unix.B38400|unix.CS8|unix.CREAD && t.Lflag&^unix.EXTPROC == local
}
