package simulated

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"meterline/relay/simulated/netem"
)

// closedPoll is how often a port that no program has open is looked at.
const closedPoll = 20 * time.Millisecond

// runOnce runs the modem from being plugged in to being pulled out.
func (s *ATStick) runOnce(ctx context.Context) error {
	master, device, err := newATPort()
	if err != nil {
		return fmt.Errorf("simulated modem %s: %w", s.Link, err)
	}
	defer func() { _ = master.Close() }() // nothing is buffered in it
	if err := publishATPort(device, s.Link); err != nil {
		return fmt.Errorf("simulated modem: %w", err)
	}
	defer s.unpublish(device)
	s.mu.Lock()
	s.device = device
	s.mu.Unlock()
	s.logger().Info("simulated modem plugged in", "port", s.Link, "device", device)

	var waker sync.WaitGroup
	done := make(chan struct{})
	defer waker.Wait()
	defer close(done)
	waker.Go(func() { s.wakeReads(ctx, master, done) })
	return s.talk(ctx, master)
}

// wakeReads interrupts a read whenever something has changed.
func (s *ATStick) wakeReads(ctx context.Context, master *os.File, done <-chan struct{}) {
	nudged, end := s.nudges(), ctx.Done()
	for {
		select {
		case <-nudged:
		case <-end:
			end = nil
		case <-done:
			return
		}
		s.nudged.Store(true)
		_ = master.SetReadDeadline(time.Unix(1, 0)) // fails only when closed
	}
}

// talk carries bytes between the port and the modem.
func (s *ATStick) talk(ctx context.Context, master *os.File) error {
	buf := make([]byte, 4<<10)
	for open := false; ; {
		s.mu.Lock()
		said, due := s.Modem.Take(time.Now()), s.Modem.Due()
		s.mu.Unlock()
		if len(said) > 0 {
			_ = master.SetWriteDeadline(time.Now().Add(time.Second)) // what nobody reads is lost, as in a modem
			_, _ = master.Write(said)
		}
		if !open {
			due = earliest(due, time.Now().Add(time.Second))
		}
		_ = master.SetReadDeadline(due)
		if s.nudged.Swap(false) { // our deadline may have replaced the interrupting one
			if s.pulledOut() || done(ctx) {
				return nil
			}
			continue
		}
		n, err := master.Read(buf)
		switch {
		case n > 0:
			open = true
			s.mu.Lock()
			s.Modem.Feed(buf[:n], time.Now())
			s.mu.Unlock()
		case errors.Is(err, syscall.EIO): // nobody has the port open
			if open {
				open = false
				s.mu.Lock()
				s.Modem.SetDTR(false, time.Now())
				s.mu.Unlock()
			}
			_ = netem.SleepUntil(ctx, time.Now().Add(closedPoll)) // ctx is looked at above
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("simulated modem %s: %w", s.Link, err)
		}
	}
}

func done(ctx context.Context) bool { return ctx.Err() != nil }

// newATPort makes a raw pseudo-terminal with working deadlines, and returns the name of its other side.
func newATPort() (_ *os.File, device string, err error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, "", err
	}
	conn, err := master.SyscallConn()
	if err != nil {
		return nil, "", errors.Join(err, master.Close())
	}
	cerr := conn.Control(func(fd uintptr) { device, err = prepareATPort(int(fd)) })
	if err := errors.Join(cerr, err); err != nil {
		return nil, "", errors.Join(err, master.Close())
	}
	return master, device, nil
}

func prepareATPort(fd int) (device string, err error) {
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return "", err
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return "", err
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return "", err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.HUPCL | unix.B115200
	device = fmt.Sprintf("/dev/pts/%d", n)
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return "", err
	}
	// Only after it was opened and closed once does it show that nobody has it open.
	slave, err := unix.Open(device, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	return device, unix.Close(slave)
}

// publishATPort makes the link, or replaces one to another pseudo-terminal.
func publishATPort(device, link string) error {
	if link == "" {
		return nil
	}
	if info, err := os.Lstat(link); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("port %s: there is something that is no link", link)
	}
	temporary := fmt.Sprintf("%s.%d", link, os.Getpid())
	if err := os.Symlink(device, temporary); err != nil {
		return err
	}
	return os.Rename(temporary, link)
}

func (s *ATStick) unpublish(device string) {
	s.mu.Lock()
	s.device = ""
	s.Modem.powerLost()
	s.mu.Unlock()
	if target, err := os.Readlink(s.Link); err == nil && target == device {
		_ = os.Remove(s.Link) // it leads nowhere now
	}
	s.logger().Info("simulated modem pulled out", "port", s.Link)
}

func (s *ATStick) logger() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log.With("simulated", true)
}

// powerLost pulls the modem out: its call is over, and its settings and what it had to say are gone. What its SIM knows stays,
// but its PIN is wanted again.
func (m *ATModem) powerLost() {
	m.atState = atState{pinFailures: m.pinFailures, Counts: m.Counts, reference: m.reference}
}
