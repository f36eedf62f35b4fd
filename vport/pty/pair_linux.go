package pty

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

// past is a deadline in the past: it interrupts what is blocked.
var past = time.Unix(1, 0)

// pair is one pseudo-terminal whose master is ours. We hold no slave descriptor, so that POLLHUP on the master means that no
// program has it open.
type pair struct {
	file    *os.File
	raw     syscall.RawConn
	fd      int    // file's descriptor; to be used only while the pair cannot be closed
	device  string // the slave's node, /dev/pts/7
	number  int    // 7
	links   *Links // where it is from
	born    owner  // as the system made it
	place   place  // what the device's name must lead to
	watch   int32  // inotify's number for device
	watched bool

	fresh atomic.Int32 // reads after which CLOCAL is still to be cleared, since somebody has come or gone

	packet bool // packet mode; guarded by ptyPort.reading
	local  bool // in packet mode: CLOCAL is set; guarded by ptyPort.reading

	users int  // Receive and Write calls in progress; guarded by ptyPort.mu
	gone  bool // no longer the port's; guarded by ptyPort.mu
}

// owner says who may open a device.
type owner struct {
	mode     fs.FileMode
	uid, gid int // -1: as the system made it
}

// newPair makes the terminal that links gives path raw, and lets only those named by n open it.
func newPair(links *Links, path string, n owner) (*pair, error) {
	number, master, err := links.take(path)
	if err != nil {
		return nil, err
	}
	l, err := setUp(master, device(number), n)
	if err != nil {
		links.closed(number) // before it is closed: from then on it may be another port's
		return nil, errors.Join(err, master.Close())
	}
	l.number, l.links = number, links
	if err := master.Close(); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// setUp makes a pair of a master, which it does not close.
func setUp(master *os.File, device string, n owner) (*pair, error) {
	l, err := adopt(master, device)
	if err != nil {
		return nil, err
	}
	// The slave's name may lead to another terminal, of which nothing must be changed.
	if err = l.findPlace(); err == nil {
		err = l.give(n)
	}
	if err != nil {
		return nil, errors.Join(err, l.file.Close())
	}
	return l, nil
}

// give lets those named by n open the slave.
func (l *pair) give(n owner) (err error) {
	if l.born, err = ownerOf(l.device); err != nil {
		return err
	}
	if err := os.Chmod(l.device, n.mode); err != nil {
		return err
	}
	if err := os.Chown(l.device, n.uid, n.gid); err != nil {
		return fmt.Errorf("%w (only root can give a port away)", err)
	}
	return nil
}

// close returns the master, and with it the number, to the kernel.
func (l *pair) close() {
	l.links.closed(l.number) // before it is closed: from then on it may be another port's
	_ = l.file.Close()       // nothing is buffered in a master
}

// adopt takes over a master. pty.Open leaves it blocking, so that deadlines do nothing and Close wakes nobody. A duplicate,
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

// read reads what the program has written or, in packet mode, news of it. It bypasses Go's scheduler, which is allowed for a
// non-blocking descriptor only. The caller holds ptyPort.reading.
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

// unpack separates bytes and news.
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

// write bypasses Go's scheduler, as read does.
func (l *pair) write(p []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(l.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch {
		case errno == 0 && n == 0:
			return 0, unix.EAGAIN // trying again at once would loop
		case errno == 0:
			return int(n), nil
		case errno != unix.EINTR:
			return 0, errno
		}
	}
}

// hungUp reports whether nobody has the slave open.
func (l *pair) hungUp() bool {
	fds := []unix.PollFd{{Fd: int32(l.fd)}}
	for {
		_, err := unix.Poll(fds, 0)
		if !errors.Is(err, unix.EINTR) {
			return err == nil && fds[0].Revents&unix.POLLHUP != 0
		}
	}
}
