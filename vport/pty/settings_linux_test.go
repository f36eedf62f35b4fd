package pty

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// witness is a port in packet mode, and all that it says, in order.
type witness struct {
	*testing.T
	port *ptyPort
	told chan string
}

func newWitness(t *testing.T) *witness {
	t.Helper()
	w := &witness{T: t, told: make(chan string, 1<<16)}
	opened, err := openPort(vport.Spec{Address: filepath.Join(t.TempDir(), "meter")}, startWatcher(t), func(open bool) {
		w.told <- map[bool]string{true: "open", false: "closed"}[open]
	})
	if err != nil {
		t.Fatal(err)
	}
	w.port = opened.(*ptyPort)
	w.port.SetSignal(w.hear)
	join(t, func() {
		_ = opened.Receive(func(p []byte) bool { // until it is closed
			w.told <- string(p)
			return true
		})
	}, func() { _ = opened.Close() })
	return w
}

func (w *witness) hear(s vport.Signal) {
	if s.Kind == vport.SignalSettings {
		w.told <- s.Settings.String()
		return
	}
	w.told <- fmt.Sprint(s.Kind, " ", s.Received, " ", s.ToSend)
}

// hears waits for what is told next.
func (w *witness) hears(want ...string) {
	w.Helper()
	for i, each := range want {
		select {
		case got := <-w.told:
			if got != each {
				w.Fatalf("%d of %q: %q is told", i, want, got)
			}
		case <-time.After(patience):
			w.Fatalf("%q of %q is not told within %v", each, want, patience)
		}
	}
}

// speedTo is what a program does that sets a speed, as termios(3) would have it, or not.
func speedTo(t testing.TB, f *os.File, speed uint32, also func(*unix.Termios)) {
	t.Helper()
	apply(t, f, func(s *unix.Termios) {
		s.Cflag = s.Cflag&^unix.CBAUD | unix.BOTHER | unix.CLOCAL
		s.Ispeed, s.Ospeed = speed, speed
		if also != nil {
			also(s)
		}
	})
}

func TestSettingsAreTold(t *testing.T) {
	w := newWitness(t)
	t.Run("those that a program sets", func(t *testing.T) {
		f := program(t, w.port.path)
		speedTo(t, f, 300, nil)
		w.hears("open", "300 ??1")
		speedTo(t, f, 300, func(s *unix.Termios) { s.Cflag |= unix.CSTOPB })
		w.hears("300 ??2")
		speedTo(t, f, 12345, func(s *unix.Termios) { s.Cflag &^= unix.CSTOPB })
		w.hears("12345 ??1")
		speedTo(t, f, 12345, func(s *unix.Termios) { s.Cflag |= unix.PARODD | unix.CRTSCTS; s.Cc[unix.VMIN] = 0 })
		write(t, f, "bytes")
		w.hears("bytes")
		if got := w.port.Settings().String(); got != "12345 ??1" {
			t.Errorf("the settings are %s", got)
		}
		closeFile(t, f)
		w.hears("closed")
		if got := w.port.Settings(); got != (vport.Settings{}) {
			t.Errorf("the settings of nobody are %v", got)
		}
	})
	t.Run("the same of the next program", func(t *testing.T) {
		f := program(t, w.port.path)
		speedTo(t, f, 12345, nil)
		write(t, f, "request")
		w.hears("open", "12345 ??1", "request")
		closeFile(t, f)
		w.hears("closed")
	})
	t.Run("none of one that sets nothing", func(t *testing.T) {
		f := program(t, w.port.path)
		write(t, f, "request")
		w.hears("open", "request")
		closeFile(t, f)
		w.hears("closed")
	})
	t.Run("those of one that writes all local flags", func(t *testing.T) {
		f := program(t, w.port.path)
		speedTo(t, f, 300, func(s *unix.Termios) { s.Lflag = 0 })
		w.hears("open", "300 ??1")
		w.armed(f, true)
		speedTo(t, f, 9600, nil)
		w.hears("9600 ??1")
		speedTo(t, f, 2400, func(s *unix.Termios) { s.Lflag = 0 })
		speedTo(t, f, 4800, nil) // no news; found behind that of our own setting EXTPROC again, if not before
		write(t, f, "bytes")
		for got := ""; got != "bytes"; got = <-w.told {
		}
		if got := w.port.Settings().String(); got != "4800 ??1" {
			t.Errorf("the settings are %s", got)
		}
		closeFile(t, f)
		w.hears("closed")
	})
}

// armed waits until EXTPROC is as it is to be.
func (w *witness) armed(f *os.File, want bool) {
	w.Helper()
	for start := time.Now(); settings(w, f).Lflag&unix.EXTPROC != 0 != want; time.Sleep(time.Millisecond) {
		if time.Since(start) > patience {
			w.Fatalf("EXTPROC set: not %v within %v", want, patience)
		}
	}
}

// What a fresh port is set to is nobody's wish, whatever else a program sets.
func TestFreshSettingsAreNotTold(t *testing.T) {
	w := newWitness(t)
	f := program(t, w.port.path)
	apply(t, f, func(s *unix.Termios) { s.Cflag |= unix.CLOCAL; s.Cc[unix.VTIME] = 5 })
	write(t, f, "request")
	w.hears("open", "request")
	apply(t, f, func(s *unix.Termios) { s.Cflag |= unix.CSTOPB })
	w.hears("? ??2")
	speedTo(t, f, freshSpeed, nil)
	w.hears("9600 ??2")
}

func TestPurgesAreTold(t *testing.T) {
	w := newWitness(t)
	f := program(t, w.port.path)
	w.hears("open")
	flush := func(what int) {
		if err := control(f, func(fd int) { _ = unix.IoctlSetInt(fd, unix.TCFLSH, what) }); err != nil {
			t.Fatal(err)
		}
	}
	flush(unix.TCIFLUSH)
	w.hears("purge true false")
	flush(unix.TCOFLUSH)
	w.hears("purge false true")
	flush(unix.TCIFLUSH)
	write(t, f, "request")
	w.hears("purge true false", "request")
	closeFile(t, f)
	w.hears("closed") // and our own flush behind it is no purge
	f = program(t, w.port.path)
	w.hears("open")
	write(t, f, "request")
	w.hears("request")
}

// A program that wants lines, echo or translation gets them, though EXTPROC would prevent it.
func TestCookedProgram(t *testing.T) {
	w := newWitness(t)
	f := program(t, w.port.path)
	speedTo(t, f, 300, func(s *unix.Termios) { s.Iflag |= unix.ICRNL; s.Lflag |= unix.ICANON | unix.ECHO })
	w.hears("open", "300 ??1")
	w.armed(f, false)
	write(t, w.port, "line\r")
	read(t, f, "line\n")
	w.hears("line\n") // the echo
	speedTo(t, f, 600, nil)
	write(t, f, "bytes")
	w.hears("600 ??1", "bytes")
	speedTo(t, f, 600, func(s *unix.Termios) { s.Iflag, s.Lflag = 0, 0 })
	write(t, f, "x") // brings it out that lines are not wanted any more
	w.hears("x")
	w.armed(f, true)
	speedTo(t, f, 1200, nil)
	w.hears("1200 ??1")
}

// Mode C of IEC 62056-21, without any pause where a serial port would make one: nothing goes at the wrong speed.
func TestSpeedsInOrder(t *testing.T) {
	w := newWitness(t)
	f := program(t, w.port.path)
	w.hears("open")
	for range 1000 {
		speedTo(t, f, 300, nil)
		write(t, f, "/?!\r\n")
		w.hears("300 ??1", "/?!\r\n")
		write(t, f, "\x06050\r\n")
		speedTo(t, f, 9600, nil)
		w.hears("\x06050\r\n", "9600 ??1")
		write(t, f, "\x01B0\x03q")
		speedTo(t, f, 300, nil)
		write(t, f, "/?!\r\n")
		w.hears("\x01B0\x03q", "300 ??1", "/?!\r\n")
		speedTo(t, f, 2400, nil)
		write(t, f, "\x01\x03\x00\x00\x00\x01\x84\x0A")
		w.hears("2400 ??1", "\x01\x03\x00\x00\x00\x01\x84\x0A")
	}
}
