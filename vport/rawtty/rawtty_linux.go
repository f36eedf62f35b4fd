package rawtty

import "golang.org/x/sys/unix"

// Set has the terminal at fd pass 8 bits of each byte unaltered, without parity, and end a read with the first byte. The speed
// stays. change, which may be nil, has the last word on the settings.
func Set(fd int, change func(*unix.Termios)) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = t.Cflag&unix.CBAUD | unix.CS8 | unix.CREAD
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if change != nil {
		change(t)
	}
	return unix.IoctlSetTermios(fd, unix.TCSETS2, t)
}

// SetSpeed writes a speed into t, also one that has no name such as B9600.
func SetSpeed(t *unix.Termios, speed uint32) {
	t.Cflag = t.Cflag&^unix.CBAUD | unix.BOTHER
	t.Ispeed, t.Ospeed = speed, speed
}
