package pty

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"meterline/vport/rawtty"
)

// The termios of a pseudo-terminal belong to its slave, but a tcsetattr on the master sets them all the same. TCSETS2 keeps
// speeds that have no Bxxx constant.

// Flags by which the line discipline alters, swallows, answers or echoes bytes.
const (
	alterInput = unix.INLCR | unix.ICRNL | unix.IGNCR | unix.IUCLC | unix.ISTRIP | unix.PARMRK | unix.IXON | unix.IXOFF
	alterLocal = unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
)

// freshSpeed is the speed of a pair where nobody has set one.
const freshSpeed = 9600

// makeRaw turns a fresh pseudo-terminal, which echoes and translates, into an 8-bit clean line at 9600 8N1.
func makeRaw(fd int) error {
	return rawtty.Set(fd, func(t *unix.Termios) {
		t.Cflag = unix.CS8 | unix.CREAD | unix.HUPCL | unix.B9600 // by its name, which programs look for
		t.Ispeed, t.Ospeed = freshSpeed, freshSpeed
	})
}

// restoreFlags undoes what the last program left that would alter the next one's bytes. VMIN, VTIME and speed stay, and so does
// HUPCL unless hupcl is true. Where somebody has come in between nothing is written, because the settings are that program's
// now.
func (l *pair) restoreFlags(hupcl bool) error {
	t, err := l.termios()
	if err != nil {
		return err
	}
	was := *t
	l.restoredFlags(t, hupcl)
	if *t == was || !l.hungUp() {
		return nil
	}
	l.allowParity()
	if was.Cflag &^= unix.CLOCAL; *t == was {
		return nil // the usual case: nothing is written that could undo what a program sets just now
	}
	return l.setTermios(t)
}

// restoredFlags clears in t the flags that alter bytes, and CLOCAL.
func (l *pair) restoredFlags(t *unix.Termios, hupcl bool) {
	if hupcl || wasReset(t) {
		t.Cflag |= unix.HUPCL
	}
	t.Iflag &^= alterInput
	t.Oflag &^= unix.OPOST
	t.Lflag &^= alterLocal
	t.Cflag &^= unix.CLOCAL
	t.Line = disciplineTTY // what a program writes here means nothing, but would look like its discipline
	l.setExtproc(t)
}

// hangsUp reports whether the last program left HUPCL set. It is true for a terminal that does not say, or that the kernel has
// reset.
func (l *pair) hangsUp() bool {
	t, err := l.termios()
	return err != nil || t.Cflag&unix.HUPCL != 0 || wasReset(t)
}

// freshReads is enough for a visit of a program that opens the port anew for each request.
const freshReads = 16

// allowParity clears CLOCAL for programs that set 7E1. The kernel forces a pseudo-terminal back to 8N1, and the C library
// returns EINVAL for a tcsetattr that asked for parity and changed no other flag. Nearly every program sets CLOCAL, so that its
// first tcsetattr always changes a flag. A pseudo-terminal has no carrier for CLOCAL to disregard, so no program notices.
//
// It is also done after reads. A program that closes the port and opens it again at once may be back before its close is
// noticed, but not before its bytes are. It costs as much as the read. So only the first freshReads after each event of inotify
// do it, and all of them where there is no inotify. In packet mode CLOCAL is known at each read. It is left alone at the news
// that it was set, since the library checks after the call what has become of it. TIOCSSOFTCAR changes this flag only, and
// cannot undo what a program sets at the same time.
func (l *pair) allowParity() {
	var off int32
	_, _, _ = unix.RawSyscall(unix.SYS_IOCTL, uintptr(l.fd), unix.TIOCSSOFTCAR, uintptr(unsafe.Pointer(&off))) // fails only on what is no terminal
}
