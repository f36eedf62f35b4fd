package pty

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"meterline/vport"
	"meterline/vport/rfc2217"
)

// In packet mode each read of a master begins with a byte that says what follows: bytes of the program, or only news of the
// slave. News comes before all bytes that wait (ioctl_tty(2), TIOCPKT). While EXTPROC is set in the slave's termios, each
// change of them is news, no matter who made it; so our own changes are news as well.

// noSpeed is set in a fresh pair in packet mode, so that a speed set by a program can be told from one that nobody has set. No
// serial port is used at it.
const noSpeed = 200

// news is what the master reports of the slave, TIOCPKT_IOCTL and others; 0: there is none, bytes have come.
type news byte

// setPacket switches packet mode. A program that has the pair open keeps its settings. The caller holds the port's mu and
// reading.
func (l *pair) setPacket(on bool) error {
	want := 0
	if on {
		want = 1
	}
	if err := unix.IoctlSetPointerInt(l.fd, unix.TIOCPKT, want); err != nil {
		return fmt.Errorf("packet mode of %s: %w", l.device, err)
	}
	l.packet = on
	t, err := l.termios()
	if err != nil {
		return fmt.Errorf("packet mode of %s: %w", l.device, err)
	}
	if on && t.Ospeed == freshSpeed && l.hungUp() {
		t.Cflag = t.Cflag&^unix.CBAUD | unix.B200
		t.Ispeed, t.Ospeed = noSpeed, noSpeed
	}
	l.setExtproc(t)
	return l.setTermios(t)
}

// termios returns the slave's settings. It is called after each read, and so bypasses Go's scheduler, as read does.
func (l *pair) termios() (*unix.Termios, error) {
	t := new(unix.Termios)
	if _, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(l.fd), unix.TCGETS2, uintptr(unsafe.Pointer(t))); errno != 0 {
		return nil, errno
	}
	return t, nil
}

// setTermios sets what termios returned, as soon after it as possible: what the program sets in between is lost.
func (l *pair) setTermios(t *unix.Termios) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(l.fd), unix.TCSETS2, uintptr(unsafe.Pointer(t))); errno != 0 {
		return errno
	}
	return nil
}

// setExtproc sets or clears EXTPROC in t. It makes the kernel pass bytes to the program unaltered. So it must not be set for a
// program that wants lines, echo or another translation; such a program's changes are seen when it writes.
func (l *pair) setExtproc(t *unix.Termios) {
	const alters = unix.INLCR | unix.ICRNL | unix.IGNCR | unix.IUCLC | unix.ISTRIP | unix.PARMRK | unix.IXON
	t.Lflag &^= unix.EXTPROC
	if l.packet && t.Iflag&alters == 0 && t.Lflag&(unix.ICANON|unix.ISIG|unix.ECHO) == 0 {
		t.Lflag |= unix.EXTPROC
	}
}

// rearm sets EXTPROC again where a program has cleared it, as programs do that write all of the local flags. It clears EXTPROC
// where a program now wants what it prevents. What the program sets between the two calls made here would be lost. Therefore it
// is done only after the program has left its settings alone for a while.
func (l *pair) rearm() {
	l.allowParity()
	t, err := l.termios()
	if err != nil {
		return
	}
	was := t.Lflag
	if l.setExtproc(t); t.Lflag != was {
		_ = l.setTermios(t) // fails only on what is no terminal
	}
}

// lineSettings returns what a pseudo-terminal shows of its serial settings. It has neither data bits nor parity: PARODD stays
// where PARENB does not, and means nothing. Where nobody has set a speed, nobody has asked for one stop bit either.
func lineSettings(t *unix.Termios) vport.Settings {
	var s vport.Settings
	if t.Ospeed != noSpeed {
		s.Speed, s.StopBits = int(t.Ospeed), rfc2217.StopOne
	}
	if t.Cflag&unix.CSTOPB != 0 {
		s.StopBits = rfc2217.StopTwo
	}
	return s
}
