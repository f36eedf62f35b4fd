package pty

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// hangUpTerminal does what vhangup(2) does, to a program's terminal.
func hangUpTerminal(t testing.TB, f *os.File) {
	t.Helper()
	var err error
	cerr := control(f, func(fd int) { err = unix.IoctlSetInt(fd, unix.TIOCVHANGUP, 0) })
	if errors.Is(err, unix.EPERM) {
		t.Skip("not root: only root may hang up a terminal")
	}
	if err := errors.Join(cerr, err); err != nil {
		t.Fatal(err)
	}
}

// While a program keeps its dead descriptor of a terminal that was hung up, the last close of later programs shows no HUP: one would
// read the answers of another.
func TestDeadDescriptors(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	const rounds = 5
	for range rounds {
		dead := program(t, d.port.path)
		d.expect(true)
		hungUp := d.port.Device() // before it may be noticed
		hangUpTerminal(t, dead)
		closeFile(t, program(t, d.port.path)) // by this it is noticed
		d.expect(false)
		if d.port.Device() == hungUp {
			t.Fatal("the pair stays that the dead descriptor is of")
		}
		for range 3 {
			next := program(t, d.port.path)
			d.expect(true)
			wantRaw(t, settings(t, next))
			d.trades(next)
			write(t, d.port, "for nobody else")
			closeFile(t, next)
			d.expect(false)
		}
		closeFile(t, dead)
	}
	if got := d.port.Trouble(); got.Replaced != rounds || got.Now != "" || !strings.Contains(got.Last, "vhangup") {
		t.Errorf("trouble %+v", got)
	}
}

// A program that root's hang-up has cut off has left without a wish of its own.
func TestHungUpProgramLeaves(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	apply(t, f, func(s *unix.Termios) { s.Cflag &^= unix.HUPCL })
	hangUpTerminal(t, f)
	closeFile(t, f)
	d.expect(false)
	if !d.port.HangsUp() {
		t.Error("its call is kept")
	}
	f = program(t, d.port.path)
	d.expect(true)
	wantRaw(t, settings(t, f))
	wantHangup(t, settings(t, f), true)
	d.trades(f)
}
