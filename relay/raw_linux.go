package relay

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawConn is the short way to the bytes of a TCP connection: it reads and writes the non-blocking descriptor without informing
// Go's scheduler, which would cost more than transferring a meter's answer. The zero value is unusable.
type rawConn struct{ sys syscall.RawConn }

func newRawConn(conn *net.TCPConn) rawConn {
	sys, err := conn.SyscallConn()
	if err != nil {
		return rawConn{}
	}
	return rawConn{sys}
}

func (r rawConn) usable() bool { return r.sys != nil }

// buffers are taken only while bytes are there: thousands of sessions wait without one.
var buffers sync.Pool

type buffer [64 << 10]byte

func lend() *buffer {
	if b, ok := buffers.Get().(*buffer); ok {
		return b
	}
	return new(buffer)
}

// rawTurn waits in Go's poller, without a buffer, until bytes come, and reads them.
func (s *Session) rawTurn() error {
	s.in.err = nil
	if err := s.raw.sys.Read(s.drain); err != nil {
		return err
	}
	return s.in.err
}

// drain reads until nothing is left, and returns false to wait for more. It reads on after a short read, because data and FIN
// that arrive together are a single event of the edge-triggered poller: a wait between the two would never notice the end.
func (s *Session) drain(fd uintptr) bool {
	buf := lend()
	defer buffers.Put(buf)
	for {
		n, errno := rawCall(unix.SYS_READ, fd, buf[:])
		switch {
		case errno == unix.EINTR:
		case errno == unix.EAGAIN:
			return false
		case errno != 0:
			s.in.err = os.NewSyscallError("read", errno)
			return true
		case n == 0:
			s.in.err = io.EOF
			return true
		case !s.received(buf[:n]):
			return true
		}
	}
}

// rawOut is what sending the short way needs.
type rawOut struct{ turn outTurn }

// outTurn is a write in progress. fill is kept, so that sending does not allocate.
type outTurn struct {
	p    []byte
	n    int
	wait bool
	err  error
	fill func(fd uintptr) bool
}

func (s *Session) rawSend(p []byte, wait bool) (int, error) {
	t := &s.turn
	if t.fill == nil {
		t.fill = t.write
	}
	t.p, t.n, t.wait, t.err = p, 0, wait, nil
	err := s.raw.sys.Write(t.fill)
	t.p = nil
	if err == nil {
		err = t.err
	}
	return t.n, err
}

// write sends until all is gone. When the system takes no more it returns false to wait, or gives up.
func (t *outTurn) write(fd uintptr) bool {
	for t.n < len(t.p) {
		n, errno := rawCall(unix.SYS_WRITE, fd, t.p[t.n:])
		switch errno {
		case 0:
			t.n += n
		case unix.EINTR:
		case unix.EAGAIN:
			return !t.wait
		default:
			t.err = os.NewSyscallError("write", errno)
			return true
		}
	}
	return true
}

// rawCall reads into or writes from b, which is not empty.
func rawCall(trap, fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

// unsent returns how many bytes the peer has not acknowledged (SIOCOUTQ, tcp(7)).
func (r rawConn) unsent() (n int) {
	if r.sys == nil {
		return 0
	}
	_ = r.sys.Control(func(fd uintptr) { // fails only when closed: nothing is unsent then
		n, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
	})
	return n
}

// discard reads and drops what is unread, up to a limit.
func (r rawConn) discard() {
	if r.sys == nil {
		return
	}
	_ = r.sys.Control(func(fd uintptr) { // fails only when closed
		buf := lend()
		defer buffers.Put(buf)
		for range 4 {
			if n, errno := rawCall(unix.SYS_READ, fd, buf[:]); errno != 0 || n == 0 {
				return
			}
		}
	})
}

// spareDescriptors are kept for the ports' own needs and for the operator's verbs.
const spareDescriptors = 32

// descriptorsShort reports whether conn got one of the last descriptors that the process may have. The system gives the lowest
// free number, so the number is about how many are in use.
func descriptorsShort(conn net.Conn) bool {
	tcp, ok := conn.(*net.TCPConn)
	var limit unix.Rlimit
	if !ok || unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return false
	}
	sys, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	short := false
	_ = sys.Control(func(fd uintptr) { short = uint64(fd)+spareDescriptors >= limit.Cur }) // fails only when closed
	return short
}
