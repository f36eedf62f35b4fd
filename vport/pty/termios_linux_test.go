package pty

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

func settings(t testing.TB, f *os.File) *unix.Termios {
	t.Helper()
	var s *unix.Termios
	var err error
	if cerr := control(f, func(fd int) { s, err = unix.IoctlGetTermios(fd, unix.TCGETS2) }); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
	return s
}

// apply changes a program's settings as tcsetattr does.
func apply(t testing.TB, f *os.File, change func(*unix.Termios)) {
	t.Helper()
	s := settings(t, f)
	change(s)
	var err error
	if cerr := control(f, func(fd int) { err = unix.IoctlSetTermios(fd, unix.TCSETS2, s) }); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
}

func wantRaw(t testing.TB, s *unix.Termios) {
	t.Helper()
	if s.Iflag&alterInput != 0 || s.Oflag&unix.OPOST != 0 || s.Lflag&alterLocal != 0 {
		t.Errorf("iflag %#o, oflag %#o, lflag %#o alter bytes", s.Iflag, s.Oflag, s.Lflag)
	}
	if s.Cflag&unix.CLOCAL != 0 {
		t.Errorf("cflag %#o, want no CLOCAL", s.Cflag)
	}
}

func wantHangup(t testing.TB, s *unix.Termios, want bool) {
	t.Helper()
	if is := s.Cflag&unix.HUPCL != 0; is != want {
		t.Errorf("HUPCL is set: %v, want %v", is, want)
	}
}

// Programs that wait for the link must not find the cooked terminal that every pseudo-terminal is at first.
func TestRawBeforeTheLinkExists(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "meter")
		found := make(chan *os.File, 1)
		var waiting sync.WaitGroup
		waiting.Go(func() {
			defer close(found)
			for start := time.Now(); time.Since(start) < patience; {
				if f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0); err == nil {
					found <- f
					return
				}
			}
		})
		newDesk(t, vport.Spec{Address: path}, nil)
		waiting.Wait()
		f := <-found
		if f == nil {
			t.Fatal("the link cannot be opened")
		}
		s := settings(t, f)
		wantRaw(t, s)
		wantHangup(t, s, true)
		if s.Cflag&unix.CSIZE != unix.CS8 || s.Ispeed != 9600 || s.Ospeed != 9600 || s.Cc[unix.VMIN] != 1 || s.Cc[unix.VTIME] != 0 {
			t.Errorf("settings %+v, want 9600 8N1, VMIN 1", s)
		}
		closeFile(t, f)
	}
}

func TestNothingComesBack(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	write(t, d.port, "answer\r\n\x03\x11\x13\xff")
	read(t, f, "answer\r\n\x03\x11\x13\xff")
	write(t, f, "request\n")
	d.expectBytes("request\n") // and no echo of the answer before it
}

func TestCrashedProgramsSettings(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	kill := start(t, d.port.path, "cooked stopped", nil)
	d.expect(true)
	kill()
	d.expect(false)
	f := program(t, d.port.path)
	d.expect(true)
	s := settings(t, f)
	wantRaw(t, s)
	wantHangup(t, s, false) // that program has moved no byte
	if s.Cc[unix.VMIN] != 7 || s.Cc[unix.VTIME] != 3 || s.Ospeed != 12345 {
		t.Errorf("VMIN %d, VTIME %d, speed %d: want what the program left, 7, 3 and 12345", s.Cc[unix.VMIN], s.Cc[unix.VTIME], s.Ospeed)
	}
	apply(t, f, func(s *unix.Termios) { s.Cc[unix.VMIN], s.Cc[unix.VTIME] = 1, 0 })
	write(t, f, "request\r\n") // the crashed one had stopped the output
	d.expectBytes("request\r\n")
	write(t, d.port, "answer\r\n")
	read(t, f, "answer\r\n")
	closeFile(t, f)
	d.expect(false)
	wantHangup(t, settings(t, program(t, d.port.path)), true)
}

// A short visit leaves settings, too: stty is one.
func TestShortVisitsSettings(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	for range 10 {
		if out, err := exec.Command("stty", "-F", d.port.path, "sane", "-hupcl", "clocal").CombinedOutput(); err != nil {
			t.Skipf("no stty: %v: %s", err, out)
		}
	}
	f := program(t, d.port.path)
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		// f may have come before the port was tidied behind stty; then it is tidied behind f.
		if s := settings(t, f); s.Lflag&unix.ECHO == 0 && s.Cflag&unix.CLOCAL == 0 {
			wantRaw(t, s)
			wantHangup(t, s, false)
			break
		}
		closeFile(t, f)
		if time.Since(start) > patience {
			t.Fatal("the settings of a short visit stay")
		}
		f = program(t, d.port.path)
	}
}

// A program without a controlling terminal that forgets O_NOCTTY gets the port as its own, and its end is that of a session.
func TestSessionLeaderEnds(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	for range 3 {
		kill := start(t, d.port.path, "session", &unix.SysProcAttr{Setsid: true})
		d.expect(true)
		kill()
		d.expect(false)
		f := program(t, d.port.path)
		d.expect(true)
		wantRaw(t, settings(t, f))
		wantHangup(t, settings(t, f), true)
		write(t, f, "request\n")
		d.expectBytes("request\n")
		write(t, d.port, "answer\n")
		read(t, f, "answer\n")
		closeFile(t, f)
		d.expect(false)
	}
}
