package pty

import (
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// CatchUp reads the master at once. The read makes the kernel pass on what programs have written. Otherwise a kernel worker
// does so, which may take many milliseconds on a loaded machine, as may the waking of a goroutine parked in Receive.
func (p *ptyPort) CatchUp(f func(p []byte) bool) bool {
	if !p.flow.TryLock() {
		return false
	}
	defer p.flow.Unlock()
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return true
	}
	l := p.pair
	l.users++
	p.mu.Unlock()
	p.readTurn(l, f) // Receive finds out by itself whether it must go on otherwise
	p.mu.Lock()
	p.release(l)
	p.mu.Unlock()
	return true
}

// WriteUnread looks and writes with nothing slow in between except the scheduler. So it looks once more after the write. On a machine
// loaded ten times over 1 of 360,000 answers passed both looks late; before unreadNow it was 6 of 160,000.
func (p *ptyPort) WriteUnread(b []byte, fresh func() bool, written func()) (int, error) {
	if !p.flow.TryLock() {
		return 0, vport.ErrUnread
	}
	n, err := p.writeUnread(b, fresh)
	if err == nil {
		written()
	}
	p.flow.Unlock()
	if err != nil || n == len(b) {
		return n, err
	}
	m, err := p.Write(b[n:])
	return n + m, err
}

// writeUnread writes what there is room for. The caller holds flow.
func (p *ptyPort) writeUnread(b []byte, fresh func() bool) (int, error) {
	if !fresh() {
		return 0, vport.ErrUnread
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed, !p.present, !p.announced, p.leaving:
		return 0, nil // Write returns the reason
	case p.pair.unreadNow():
		return 0, vport.ErrUnread
	}
	n, err := p.pair.write(b)
	if errors.Is(err, unix.EAGAIN) {
		err = nil
	}
	if n > 0 && p.pair.unread() && p.takeBack(n) {
		return 0, vport.ErrUnread
	}
	return max(n, 0), err
}

// takeBack takes back the last n bytes that were written, and reports whether it did. It is for a program that wrote at the
// same time: on a loaded machine this process may have had to wait between its look and its write. What the program has read
// already stays its own, since that may be why it wrote. The caller holds mu.
func (p *ptyPort) takeBack(n int) bool {
	if asked, err := unix.IoctlGetInt(p.pair.fd, unix.TIOCINQ); err != nil || asked == 0 {
		return false // a packet that told only of changed settings: the program has not written
	}
	fd, err := p.pair.openSlave()
	if err != nil {
		return false
	}
	p.own++
	defer unix.Close(fd)
	readable(fd) // makes the kernel pass on to the slave what is on its way
	if left, err := unix.IoctlGetInt(fd, unix.TIOCINQ); err != nil || left < n {
		return false
	}
	return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) == nil
}

const (
	// lookMost is the longest a look takes if the thread keeps its processor. Two or three microseconds are usual.
	lookMost = 20 * time.Microsecond
	// looksMost is how often unreadNow looks if every look takes longer.
	looksMost = 16
)

// unreadNow is unread just before a write. On a loaded machine the thread loses its processor most often when it returns from the kernel,
// and by the time it gets that back the result is old. Such a look takes long, and unreadNow looks again.
func (l *pair) unreadNow() bool {
	for range looksMost {
		begun := time.Now()
		if l.unread() {
			return true
		}
		if time.Since(begun) < lookMost {
			break
		}
	}
	return false
}

// unread reports whether the program has written anything. Like a read, it makes the kernel pass on first what is on its way.
func (l *pair) unread() bool { return readable(l.fd) }

// readable reports whether something can be read from a terminal at once.
func readable(fd int) bool {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	var now unix.Timespec
	n, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds[0])), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return errno == 0 && n > 0 && fds[0].Revents&unix.POLLIN != 0
}
