package main_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"meterline/vport/rawtty"
)

// circuit is the way from one program to its far end. Both descriptors are blocking ones, used by bare system calls, so
// that the measuring itself costs little and the same everywhere.
type circuit struct {
	near int // the program's
	far  int // the modem's
}

// closeAll gives the descriptors of circuits back.
func closeAll(circuits []circuit) {
	for _, c := range circuits {
		_ = unix.Close(c.near) // nothing is buffered in it
		_ = unix.Close(c.far)
	}
}

// openPort opens a serial port as programs do: raw, a read waits for one byte.
func openPort(path string) (int, error) {
	var fd int
	err := retryInterrupted(func() (err error) {
		fd, err = unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", path, err)
	}
	if err := rawtty.Set(fd, nil); err != nil {
		return -1, errors.Join(fmt.Errorf("set up %s: %w", path, err), unix.Close(fd))
	}
	return fd, nil
}

// detach makes a plain blocking descriptor of a connection, which is closed.
func detach(conn net.Conn) (int, error) {
	defer func() { _ = conn.Close() }() // the duplicate keeps the connection
	open, ok := conn.(syscall.Conn)
	if !ok {
		return -1, fmt.Errorf("detach: %T has no descriptor", conn)
	}
	return duplicate(open)
}

// duplicate makes a blocking descriptor of one that Go polls.
func duplicate(of syscall.Conn) (int, error) {
	sys, err := of.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	if cerr := sys.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) }); cerr != nil {
		return -1, cerr
	}
	if err != nil {
		return -1, fmt.Errorf("duplicate a descriptor: %w", err)
	}
	return fd, unix.SetNonblock(fd, false)
}

// read reads once; an end is an error.
func read(fd int, p []byte) (int, error) {
	var n int
	err := retryInterrupted(func() (err error) {
		n, err = unix.Read(fd, p)
		return err
	})
	if err == nil && n == 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

func write(fd int, p []byte) error {
	for len(p) > 0 {
		var n int
		err := retryInterrupted(func() (err error) {
			n, err = unix.Write(fd, p)
			return err
		})
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// retryInterrupted repeats a call that the runtime's own signals have interrupted.
func retryInterrupted(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
