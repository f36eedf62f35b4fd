package pty

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// fails has the port meet an error that it does not understand.
func (d *desk) fails() {
	d.port.mu.Lock()
	d.port.fail(errors.New("an error of the test"))
	d.port.mu.Unlock()
	d.port.notify()
}

// opens opens the port's link until that succeeds.
func (d *desk) opens() *os.File {
	d.Helper()
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		f, err := os.OpenFile(d.port.path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
		if err == nil {
			d.Cleanup(func() { _ = f.Close() })
			return f
		}
		if time.Since(start) > patience {
			d.Fatal(err)
		}
	}
}

func TestFaultReplacesThePair(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	d.trades(f)
	write(t, f, "last words")
	before := d.port.Device()
	d.fails()
	d.expectBytes("last words")
	d.expect(false)
	cutOff(t, f)
	if got := d.port.Trouble(); got.Now != "" || got.Replaced != 1 || !strings.Contains(got.Last, "an error of the test") || got.LastAt.IsZero() {
		t.Errorf("trouble %+v, want one replacement and its reason", got)
	}
	if d.port.Device() == before {
		t.Error("the port has the same device as before")
	}
	next := program(t, d.port.path)
	d.expect(true)
	d.trades(next)
}

// A program may have come, written and gone before anybody looks, and leave what makes the pair be replaced.
func TestReplacedPairLosesNoBytes(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	for range 100 {
		d.port.mu.Lock()
		d.port.reading.Lock()
		f := program(t, d.port.path)
		write(t, f, "request")
		closeFile(t, f)
		d.port.reading.Unlock()
		d.port.fail(errors.New("an error of the test"))
		d.port.mu.Unlock()
		d.port.notify()
		d.expect(true)
		d.expectBytes("request")
		d.expect(false)
	}
}

// cutOff waits until a program finds out that its terminal is gone.
func cutOff(t testing.TB, f *os.File) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		if _, err := f.Write([]byte("x")); err != nil {
			return
		}
		if time.Since(start) > patience {
			t.Fatal("the program can go on writing")
		}
	}
}

// The number of a pair that was replaced goes to nobody else soon, and nobody can open it.
func TestNumberOfAReplacedPairIsKept(t *testing.T) {
	w := startWatcher(t)
	d, other := newDesk(t, vport.Spec{}, w), newDesk(t, vport.Spec{}, w)
	numbers := map[string]bool{}
	for range 10 {
		before := d.port.Device()
		numbers[before] = true
		d.fails()
		if f, err := os.OpenFile(before, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0); !errors.Is(err, unix.EIO) {
			t.Errorf("open %s: %v, %v, want EIO", before, f, err)
		}
		other.fails()
		if device := other.port.Device(); numbers[device] {
			t.Errorf("%s, which was another port's, is given to this one", device)
		}
	}
	w.mu.Lock()
	kept := len(w.reserved)
	w.mu.Unlock()
	if kept != 20 {
		t.Errorf("%d numbers are kept, want 20", kept)
	}
	for w.release() {
	}
	if w.release() {
		t.Error("a number is given back that was not kept")
	}
}

func TestKeptNumbersAreBounded(t *testing.T) {
	w := startWatcher(t)
	d := newDesk(t, vport.Spec{}, w)
	for range mostReserved + 10 {
		d.fails()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.reserved) != mostReserved {
		t.Errorf("%d numbers are kept, want %d", len(w.reserved), mostReserved)
	}
}

// The number of a pair that was replaced is given to no other port.
func TestNumberOfAReplacedPairIsNobodyElses(t *testing.T) {
	s := newLinkSite(t)
	ports, _ := s.openWatched(startWatcherWith(t, s.links), "a", "b")
	owner := map[int]*ptyPort{}
	for range 10 {
		for _, p := range ports {
			n := p.pair.number
			if owner[n] != nil && owner[n] != p {
				t.Errorf("/dev/pts/%d led to %s, and leads to %s now", n, owner[n].path, p.path)
			}
			owner[n] = p
			p.mu.Lock()
			p.fail(errors.New("an error of the test"))
			p.mu.Unlock()
			leads(t, p.path, p.Device())
		}
	}
}

// becomes puts another file in the place of a port's master.
func (d *desk) becomes(flags int) {
	d.Helper()
	other, err := unix.Open(os.DevNull, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		d.Fatal(err)
	}
	d.port.mu.Lock()
	d.port.reading.Lock()
	err = unix.Dup3(other, d.port.pair.fd, unix.O_CLOEXEC)
	d.port.reading.Unlock()
	d.port.mu.Unlock()
	if err := errors.Join(err, unix.Close(other)); err != nil {
		d.Fatal(err)
	}
}

func TestReadFailsAsNoTerminalDoes(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	d.becomes(unix.O_RDWR) // every read is at its end
	d.port.kick()
	d.replacedTimes(1)
	f := program(t, d.port.path)
	d.expect(true)
	d.trades(f)
}

func TestWriteFailsAsNoTerminalDoes(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	d.trades(f)
	d.becomes(unix.O_RDONLY)
	if n, err := d.port.Write([]byte("x")); n != 0 || !errors.Is(err, vport.ErrNobody) {
		t.Errorf("write: %d, %v", n, err)
	}
	d.replacedTimes(1)
	d.expect(false)
	f = program(t, d.port.path)
	d.expect(true)
	d.trades(f)
}

// What cannot be mended is tried again, with pauses, and is no secret.
func TestNothingIsTriedAgainWithoutAPause(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	if err := inPlace(d.port.path, os.WriteFile(d.port.path+".new", nil, 0o600)); err != nil { // a link that is missing is made anew
		t.Fatal(err)
	}
	begun := time.Now()
	d.fails()
	if now := d.port.Trouble().Now; !strings.Contains(now, "an error of the test") || !strings.Contains(now, "cannot be replaced") {
		t.Errorf("the port says %q", now)
	}
	if f, err := os.OpenFile(d.port.Device(), os.O_RDWR|unix.O_NOCTTY, 0); !errors.Is(err, unix.EIO) {
		t.Errorf("open what is not fit for a program: %v, %v, want EIO", f, err)
	}
	for range 1000 {
		d.port.wake(unix.IN_CLOSE_WRITE)
	}
	d.port.mu.Lock()
	pause := d.port.trouble.pause
	d.port.mu.Unlock()
	if most := firstPause + time.Since(begun); pause > most { // the pauses double: the next is as long as all before, and one
		t.Errorf("the next pause is %v, want %v at most: somebody has not waited for the ones before", pause, most)
	}
	idles(t, "with a fault that cannot be mended")
	if err := os.Remove(d.port.path); err != nil {
		t.Fatal(err)
	}
	d.isFit()
	f := program(t, d.port.path)
	d.expect(true)
	d.trades(f)
}

// Without descriptors a port cannot be tidied. It waits, and lets nobody in who would read what the last program has left.
func TestShortageOfDescriptors(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	write(t, d.port, "for the first")
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	none := unix.Rlimit{Cur: 3, Max: was.Max}
	t.Cleanup(func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &was) }) // done already, if the test got so far
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	err := f.Close()
	d.expect(false)
	now := d.port.Trouble().Now
	idles(t, "without descriptors")
	if err := errors.Join(err, unix.Setrlimit(unix.RLIMIT_NOFILE, &was)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(now, unix.EMFILE.Error()) {
		t.Errorf("the port says %q", now)
	}
	next := d.opens()
	d.isFit()
	d.expect(true)
	if d.port.Trouble().Replaced != 0 {
		t.Error("the pair was replaced")
	}
	write(t, d.port, "for the second")
	read(t, next, "for the second")
}

func TestNodeThatSomebodyHasChanged(t *testing.T) {
	d := newDesk(t, vport.Spec{Mode: 0o600}, startWatcher(t))
	if err := os.Chmod(d.port.Device(), 0o666); err != nil {
		t.Fatal(err)
	}
	if now := d.port.Trouble().Now; !strings.Contains(now, "somebody has changed who may open it") {
		t.Errorf("the port says %q", now)
	}
	if err := d.port.Permit(vport.Spec{Address: filepath.Base(d.port.path), Mode: 0o640}); err != nil {
		t.Fatal(err)
	}
	d.isFit()
}
