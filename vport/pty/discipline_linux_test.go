package pty

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// disciplineNull refuses every read and write (N_NULL in linux/tty.h). Any program may set it.
const disciplineNull = 27

// set makes a request of a program that carries a number in memory.
func set(t testing.TB, f *os.File, request uint, value int) error {
	t.Helper()
	var err error
	if cerr := control(f, func(fd int) { err = unix.IoctlSetPointerInt(fd, request, value) }); cerr != nil {
		t.Fatal(cerr)
	}
	return err
}

func setNull(t testing.TB, f *os.File) {
	t.Helper()
	if err := set(t, f, unix.TIOCSETD, disciplineNull); err != nil {
		t.Skip("this kernel has no line discipline N_NULL: ", err)
	}
}

// trades has a program and the port exchange a request and an answer.
func (d *desk) trades(f *os.File) {
	d.Helper()
	write(d, f, "request")
	d.expectBytes("request")
	write(d, d.port, "answer")
	read(d, f, "answer")
}

// isFit waits until the port has no trouble.
func (d *desk) isFit() {
	d.Helper()
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		now := d.port.Trouble().Now
		if now == "" {
			return
		}
		if time.Since(start) > patience {
			d.Fatalf("the port still says: %s", now)
		}
	}
}

// idles checks that the process does next to nothing.
func idles(t testing.TB, when string) {
	t.Helper()
	before := cpu(t)
	time.Sleep(300 * time.Millisecond) // the time measured
	if used := cpu(t) - before; used > 100*time.Millisecond {
		t.Errorf("%s: %v of CPU in 300 ms", when, used)
	}
}

func TestAnotherDiscipline(t *testing.T) {
	for name, signal := range map[string]func(vport.Signal){"plain": nil, "in packet mode": func(vport.Signal) {}} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, vport.Spec{}, startWatcher(t))
			d.port.SetSignal(signal)
			device := d.port.Device()
			for range 5 {
				f := program(t, d.port.path)
				d.expect(true)
				setNull(t, f)
				if n, err := f.Write([]byte("x")); err == nil {
					t.Fatalf("the program writes %d bytes under N_NULL", n)
				}
				if now := d.port.Trouble().Now; !strings.Contains(now, "line discipline 27") {
					t.Errorf("while the program holds another discipline the port says %q", now)
				}
				write(t, d.port, "for nobody") // the kernel takes it, and it must not come to the next program
				closeFile(t, f)
				d.expect(false)
				next := program(t, d.port.path)
				d.expect(true)
				if now := d.port.Trouble().Now; now != "" {
					t.Errorf("behind it the port says %q", now)
				}
				d.trades(next)
				closeFile(t, next)
				d.expect(false)
			}
			if d.port.Device() != device || d.port.Trouble().Replaced != 0 {
				t.Error("the pair was replaced, which the sweep could spare it")
			}
		})
	}
}

// The daemon that swept such a port again and again used a core for ever.
func TestAnotherDisciplineCostsNothing(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	setNull(t, f)
	idles(t, "while a program holds another discipline")
	closeFile(t, f)
	d.expect(false)
	idles(t, "behind it")
}

// Visits too short to be seen leave a discipline, too.
func TestAnotherDisciplineOfAShortVisit(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	for range 20 {
		f := program(t, d.port.path)
		setNull(t, f)
		closeFile(t, f)
		for start := time.Now(); ; {
			f = program(t, d.port.path)
			_, err := f.Write([]byte("request"))
			if err == nil {
				break
			}
			closeFile(t, f) // it was there before the sweep
			if time.Since(start) > patience {
				t.Fatal("N_NULL stays: ", err)
			}
		}
		d.expectBytes("request")
		closeFile(t, f)
	}
	d.isFit()
}

// A program that comes again at once with another discipline does not cost the port its pair.
func TestAnotherDisciplineAgainAndAgain(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	for range 2000 {
		f := program(t, d.port.path) // and is never refused
		setNull(t, f)
		closeFile(t, f)
	}
	for start := time.Now(); d.port.Present() && time.Since(start) < patience; time.Sleep(time.Millisecond) {
	}
	d.isFit()
	if got := d.port.Trouble(); got.Replaced != 0 {
		t.Errorf("trouble %+v, want no replacement", got)
	}
}

// The settings name a discipline, too, which means nothing to the kernel.
func TestDisciplineInTheSettings(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	apply(t, f, func(s *unix.Termios) { s.Line = disciplineNull })
	closeFile(t, f)
	d.expect(false)
	if now := d.port.Trouble().Now; now != "" {
		t.Errorf("behind it the port says %q", now)
	}
	d.trades(program(t, d.port.path))
}

// Locks on the settings are root's to set; none is to outlive its program.
func TestLockedSettings(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	lockSettings(t, f)
	if now := d.port.Trouble().Now; !strings.Contains(now, "TIOCSLCKTRMIOS") {
		t.Errorf("while its settings are locked the port says %q", now)
	}
	closeFile(t, f)
	d.expect(false)
	f = program(t, d.port.path)
	d.expect(true)
	speedTo(t, f, 1200, nil)
	if speed := settings(t, f).Ospeed; speed != 1200 {
		t.Errorf("the next program sets 1200 and finds %d", speed)
	}
	d.isFit()
	d.trades(f)
}

func lockSettings(t testing.TB, f *os.File) {
	t.Helper()
	all := &unix.Termios{Iflag: ^uint32(0), Oflag: ^uint32(0), Cflag: ^uint32(0), Lflag: ^uint32(0)}
	var err error
	cerr := control(f, func(fd int) { err = unix.IoctlSetTermios(fd, unix.TIOCSLCKTRMIOS, all) })
	if errors.Is(err, unix.EPERM) {
		t.Skip("not root: only root may lock settings")
	}
	if err := errors.Join(cerr, err); err != nil {
		t.Fatal(err)
	}
}

// Bytes that a program pushes into its own input are not the next one's.
func TestPushedInput(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	for range 20 {
		f := program(t, d.port.path)
		d.expect(true)
		var err error
		cerr := control(f, func(fd int) { err = unix.IoctlSetPointerInt(fd, unix.TIOCSTI, 'x') })
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EIO) {
			t.Skip("not root: only root may push bytes into a terminal that is not its own: ", err)
		}
		if err := errors.Join(cerr, err); err != nil {
			t.Fatal(err)
		}
		closeFile(t, f)
		d.expect(false)
		f = program(t, d.port.path)
		d.expect(true)
		write(t, d.port, "answer")
		read(t, f, "answer")
		closeFile(t, f)
		d.expect(false)
	}
}
