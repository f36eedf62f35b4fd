package control

// The pipe is made here and not by github.com/Microsoft/go-winio, which was tried first and hung under Wine, where the tests of
// Windows run. Package os waits for overlapped handles by itself, so that little is left to be written.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// pipeBuffer is how many bytes the system buffers in each direction.
const pipeBuffer = 64 << 10

// pipeListener is a named pipe that only this process serves. One instance always waits for a client, so that no other program can take the
// name.
type pipeListener struct {
	path     pipeAddr
	access   *windows.SecurityAttributes
	most     uint32         // instances at the same time
	closed   windows.Handle // an event
	closing  sync.Once
	accept   sync.Mutex     // guards what follows
	instance windows.Handle // the one that waits for a client; 0: it could not be made
	over     bool
}

// pipeAddr is a pipe's name as an address.
type pipeAddr string

func (a pipeAddr) Network() string { return "pipe" }
func (a pipeAddr) String() string  { return string(a) }

// listenPipe makes the pipe at path with a security descriptor. It fails with windows.ERROR_ACCESS_DENIED if another program has it.
func listenPipe(path, descriptor string, most uint32) (*pipeListener, error) {
	sd, err := windows.SecurityDescriptorFromString(descriptor)
	if err != nil {
		return nil, fmt.Errorf("security descriptor %s: %w", descriptor, err)
	}
	l := &pipeListener{path: pipeAddr(path), most: most, access: &windows.SecurityAttributes{SecurityDescriptor: sd}}
	l.access.Length = uint32(unsafe.Sizeof(*l.access))
	if l.closed, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	if l.instance, err = l.make(windows.FILE_FLAG_FIRST_PIPE_INSTANCE); err != nil {
		return nil, errors.Join(&os.PathError{Op: "make", Path: path, Err: err}, windows.CloseHandle(l.closed))
	}
	return l, nil
}

// make makes an instance of the pipe, which clients on other machines cannot open.
func (l *pipeListener) make(flags uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(string(l.path))
	if err != nil {
		return 0, err
	}
	return windows.CreateNamedPipe(name, windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED|flags,
		windows.PIPE_TYPE_BYTE|windows.PIPE_READMODE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS,
		l.most, pipeBuffer, pipeBuffer, 0, l.access)
}

// Accept waits for a client. If the system has no room for another instance, the error is temporary.
func (l *pipeListener) Accept() (net.Conn, error) {
	l.accept.Lock()
	defer l.accept.Unlock()
	fails := func(err error) error { return &net.OpError{Op: "accept", Net: "pipe", Addr: l.path, Err: err} }
	for {
		if l.over {
			return nil, fails(net.ErrClosed)
		}
		if l.instance == 0 {
			var err error
			if l.instance, err = l.make(0); err != nil {
				l.instance = 0
				return nil, fails(noRoomError{err})
			}
		}
		connected, err := l.connect()
		if err != nil {
			return nil, fails(err)
		}
		h := l.instance
		if l.instance, err = l.make(0); err != nil {
			l.instance = 0 // until the next Accept
		}
		if connected {
			return newPipeConn(h, l.path), nil
		}
		_ = windows.CloseHandle(h) // the client has left already
	}
}

// noRoomError is a temporary error, after which http.Server calls Accept again.
type noRoomError struct{ error }

func (noRoomError) Temporary() bool { return true }
func (noRoomError) Timeout() bool   { return false }
func (e noRoomError) Unwrap() error { return e.error }

// connect waits for a client of the waiting instance. It returns false if the client has left already.
func (l *pipeListener) connect() (bool, error) {
	done, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = windows.CloseHandle(done) }() // nobody waits for it any more
	o := &windows.Overlapped{HEvent: done}
	switch err := windows.ConnectNamedPipe(l.instance, o); {
	case err == nil || errors.Is(err, windows.ERROR_PIPE_CONNECTED):
		return true, nil
	case errors.Is(err, windows.ERROR_NO_DATA):
		return false, nil
	case !errors.Is(err, windows.ERROR_IO_PENDING):
		return false, err
	}
	first, err := windows.WaitForMultipleObjects([]windows.Handle{l.closed, done}, false, windows.INFINITE)
	var n uint32
	if err != nil || first == windows.WAIT_OBJECT_0 {
		_ = windows.CancelIoEx(l.instance, o)                    // fails if the operation has just ended
		_ = windows.GetOverlappedResult(l.instance, o, &n, true) // until then the system may write to o
		err = errors.Join(err, windows.CloseHandle(l.instance))
		l.instance, l.over = 0, true
		return false, errors.Join(net.ErrClosed, err)
	}
	err = windows.GetOverlappedResult(l.instance, o, &n, false)
	if errors.Is(err, windows.ERROR_NO_DATA) || errors.Is(err, windows.ERROR_BROKEN_PIPE) {
		return false, nil
	}
	return err == nil, err
}

// Close ends Accept, and frees the name. Connections stay open.
func (l *pipeListener) Close() error {
	var err error
	l.closing.Do(func() {
		err = windows.SetEvent(l.closed)
		l.accept.Lock() // after an Accept in progress has returned
		defer l.accept.Unlock()
		l.over = true
		if l.instance != 0 {
			err = errors.Join(err, windows.CloseHandle(l.instance))
			l.instance = 0
		}
		err = errors.Join(err, windows.CloseHandle(l.closed))
	})
	return err
}

func (l *pipeListener) Addr() net.Addr { return l.path }

// pipeConn is one end of a pipe. Go's runtime polls it, as it polls sockets.
type pipeConn struct {
	*os.File
	addr pipeAddr
}

func newPipeConn(h windows.Handle, addr pipeAddr) *pipeConn {
	return &pipeConn{File: os.NewFile(uintptr(h), string(addr)), addr: addr}
}

func (c *pipeConn) LocalAddr() net.Addr  { return c.addr }
func (c *pipeConn) RemoteAddr() net.Addr { return c.addr }

// pipeAgain is the pause before a pipe is tried again all of whose instances are taken.
const pipeAgain = 5 * time.Millisecond

// dialPipe opens the pipe at path with the given access rights. Its server cannot find out who the caller is, nor act in the caller's name.
func dialPipe(ctx context.Context, path string, access uint32) (net.Conn, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	for {
		h, err := windows.CreateFile(name, access, 0, nil, windows.OPEN_EXISTING,
			windows.FILE_FLAG_OVERLAPPED|windows.SECURITY_SQOS_PRESENT|windows.SECURITY_ANONYMOUS, 0)
		if err == nil {
			return newPipeConn(h, pipeAddr(path)), nil
		}
		err = &os.PathError{Op: "open", Path: path, Err: err}
		if !errors.Is(err, windows.ERROR_PIPE_BUSY) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(pipeAgain):
		}
	}
}
