package vport

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// past is a deadline that has gone by: it interrupts what is blocked.
var past = time.Unix(1, 0)

// pair is one pseudo-terminal, of which we hold the master. No slave descriptor is held, so that POLLHUP on the master means
// that no program has it open.
type pair struct {
	file    *os.File
	raw     syscall.RawConn
	fd      int    // file's; to be used only while the pair cannot be closed
	device  string // the slave's node, /dev/pts/7
	number  int    // 7
	links   *Links // which gave it out
	born    node   // whose the system made it
	watch   int32  // inotify's number for device
	watched bool

	fresh atomic.Int32 // reads behind which CLOCAL is still to be cleared, since somebody has come or gone

	packet bool // packet mode; guarded by ptyPort.reading
	local  bool // in packet mode: CLOCAL is set; likewise

	users int  // Receive and Write calls inside; guarded by ptyPort.mu
	gone  bool // no longer the port's; guarded by ptyPort.mu
}

// node says who may open a device.
type node struct {
	mode     fs.FileMode
	uid, gid int // -1: as the system made it
}

// newPair makes the terminal that links gives path raw, and lets only those named by n open it.
func newPair(links *Links, path string, n node) (*pair, error) {
	number, master, err := links.take(path)
	if err != nil {
		return nil, err
	}
	l, err := setUp(master, device(number), n)
	if err = errors.Join(err, master.Close()); err != nil {
		if l != nil {
			_ = l.file.Close() // nobody has written to it
		}
		links.closed(number)
		return nil, err
	}
	l.number, l.links = number, links
	return l, nil
}

// setUp makes a pair of a master, which it does not close.
func setUp(master *os.File, device string, n node) (*pair, error) {
	born, err := nodeOf(device)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(device, n.mode); err != nil {
		return nil, err
	}
	if err := os.Chown(device, n.uid, n.gid); err != nil {
		return nil, fmt.Errorf("%w (only root can give a port away)", err)
	}
	l, err := adopt(master, device)
	if err != nil {
		return nil, err
	}
	l.born = born
	return l, nil
}

// close gives the master, and with it the number, back to the kernel.
func (l *pair) close() {
	_ = l.file.Close() // nothing is buffered in a master
	l.links.closed(l.number)
}

// adopt takes over a master. pty.Open leaves it blocking, where deadlines do nothing and Close wakes nobody; a duplicate,
// made non-blocking before Go sees it, is served by Go's poller.
func adopt(master *os.File, device string) (*pair, error) {
	conn, err := master.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	if cerr := conn.Control(func(m uintptr) { fd, err = unix.FcntlInt(m, unix.F_DUPFD_CLOEXEC, 0) }); cerr != nil {
		return nil, cerr
	}
	if err != nil {
		return nil, fmt.Errorf("duplicate the master of %s: %w", device, err)
	}
	if err := errors.Join(makeRaw(fd), unix.SetNonblock(fd, true)); err != nil {
		return nil, errors.Join(fmt.Errorf("set up %s: %w", device, err), unix.Close(fd))
	}
	file := os.NewFile(uintptr(fd), device)
	p := &pair{file: file, fd: fd, device: device}
	if p.raw, err = file.SyscallConn(); err == nil {
		err = file.SetDeadline(time.Time{})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("poll %s: %w", device, err), file.Close())
	}
	return p, nil
}

// read takes what the program has written, or, in packet mode, news of it. Only a non-blocking descriptor may be read this way: the
// scheduler is not told. ptyPort.reading is held.
func (l *pair) read(p []byte) ([]byte, news, error) {
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(l.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		if errno == 0 {
			return l.unpack(p[:n])
		}
		if errno != unix.EINTR {
			return nil, 0, errno
		}
	}
}

// unpack takes apart what has been read.
func (l *pair) unpack(p []byte) ([]byte, news, error) {
	if l.packet && len(p) > 0 {
		if p[0] != unix.TIOCPKT_DATA {
			return nil, news(p[0]), nil
		}
		return p[1:], 0, nil
	}
	if !l.watched || l.fresh.Load() > 0 {
		l.fresh.Add(-1)
		l.allowParity()
	}
	return p, 0, nil
}

// write is read's counterpart.
func (l *pair) write(p []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(l.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		if errno == 0 {
			return int(n), nil
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}

// hungUp tells that nobody has the slave open.
func (l *pair) hungUp() bool {
	fds := []unix.PollFd{{Fd: int32(l.fd)}}
	for {
		_, err := unix.Poll(fds, 0)
		if !errors.Is(err, unix.EINTR) {
			return err == nil && fds[0].Revents&unix.POLLHUP != 0
		}
	}
}

// sweep drops what the last program has not read, and undoes TIOCEXCL and a stopped output, which would keep the next one
// out or mute. All this works on a slave descriptor only; it is opened for reading, so that inotify can tell its close from a
// program's. What the program has written stays.
func (l *pair) sweep() error {
	const flags = unix.O_RDONLY | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_CLOEXEC
	slave, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), unix.TIOCGPTPEER, flags)
	if errno != 0 {
		return fmt.Errorf("open %s to tidy it: %w", l.device, errno)
	}
	fd := int(slave)
	return errors.Join(
		unix.IoctlSetInt(fd, unix.TIOCNXCL, 0),
		unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH),
		unix.IoctlSetInt(fd, unix.TCXONC, unix.TCOON),
		unix.Close(fd),
	)
}
