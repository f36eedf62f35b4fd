package pty

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

func TestEveryOpenAndCloseIsNoticed(t *testing.T) {
	t.Parallel()
	for name, watcher := range map[string]func(testing.TB) *watcher{
		"by inotify":                 startWatcher,
		"no watcher":                 func(testing.TB) *watcher { return nil },
		"a watcher that is not run":  func(testing.TB) *watcher { return newWatcher(nil, nil) },
		"inotify that cannot be had": func(testing.TB) *watcher { return &watcher{over: true, log: slog.New(slog.DiscardHandler)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watcher(t)
			d := newDesk(t, vport.Spec{}, w)
			seen := w != nil && d.port.pair.watched && w.live.Load()
			for range 2000 {
				f := program(t, d.port.path)
				if seen {
					d.expect(true)
				}
				write(t, f, "x")
				d.expectBytes("x")
				if !seen {
					d.expect(true)
				}
				closeFile(t, f)
				d.expect(false)
			}
		})
	}
}

// The last bytes and the close may reach the reader as one event of the poller.
func TestCloseRightBehindTheLastBytes(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	for range 2000 {
		f := program(t, d.port.path)
		write(t, f, "last words")
		closeFile(t, f)
		d.expect(true)
		d.expect(false)
		if n := d.handed(); n != len("last words") {
			t.Fatalf("%d bytes when the leaving is told", n)
		}
		d.expectBytes("last words")
	}
}

func TestKilledProgramHasLeft(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	for range 5 {
		kill := start(t, d.port.path, "", nil)
		d.expect(true)
		kill()
		d.expect(false)
	}
}

func TestOverlappingProgramsAreOneVisit(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	kill := start(t, d.port.path, "", nil)
	closeFile(t, f)
	for range 200 {
		next := program(t, d.port.path)
		closeFile(t, next)
	}
	if !d.port.Present() || len(d.open) > 0 {
		t.Errorf("present %v, %d news, while a program is there all the time", d.port.Present(), len(d.open))
	}
	kill()
	d.expect(false)
}

// Programs that look for modems open every port for a moment.
func TestScansLeaveNothingBehind(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	out, err := exec.Command("sh", "-c", "for i in $(seq 200); do exec 3<>'"+d.port.path+"'; exec 3>&-; done").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f := program(t, d.port.path)
	write(t, f, "request")
	d.expectBytes("request")
	closeFile(t, f)
	for last, deadline := true, time.After(patience); last; {
		select {
		case open := <-d.open:
			if last = open; !open {
				last = len(d.open) > 0 || d.port.Present()
			}
		case <-deadline:
			t.Fatal("the last leaving was not told")
		}
	}
}

// A port whose news nobody can take, because Receive's function is busy, keeps the programs apart all the same.
func TestProgramsStayApartBehindASlowReader(t *testing.T) {
	got, open := make(chan string), make(chan bool, 16)
	w := startWatcher(t)
	opened, err := openPort(vport.Spec{Address: t.TempDir() + "/meter"}, w, func(o bool) { open <- o })
	if err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	d := &desk{TB: t, port: opened.(*ptyPort), open: open}
	receive := func() {
		end <- opened.Receive(func(p []byte) bool {
			got <- string(p)
			return true
		})
	}
	join(t, receive, func() { closeFile(t, opened) })

	first := program(t, d.port.path)
	d.expect(true)
	write(t, first, "1a")
	if s := <-got; s != "1a" {
		t.Fatal(s)
	}
	write(t, first, "1b") // with Receive's function by now, or in the kernel
	write(t, first, "1c")
	closeFile(t, first)
	for d.port.Present() {
		time.Sleep(time.Millisecond) // until the watcher has seen it
	}
	second := program(t, d.port.path)
	write(t, second, "2")
	if n, err := opened.Write([]byte("for the first")); n != 0 || !errors.Is(err, vport.ErrNobody) {
		t.Errorf("write while the first program's leaving is not told: %d, %v, want ErrNobody", n, err)
	}
	for all := ""; all != "1b1c"; {
		if all += <-got; len(all) > 4 {
			t.Fatalf("%q in one piece of news, want 1b1c", all)
		}
	}
	d.expect(false)
	d.expect(true)
	if s := <-got; s != "2" {
		t.Fatalf("%q, want 2", s)
	}
	write(t, opened, "for the second")
	read(t, second, "for the second")
}

func TestNothingStaleTenMillisecondsLater(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	for range 30 {
		f := program(t, d.port.path)
		d.expect(true)
		write(t, d.port, "for the first")
		closeFile(t, f)
		time.Sleep(10 * time.Millisecond) // the distance in question, not a wait for something
		f = program(t, d.port.path)
		d.expect(false)
		d.expect(true)
		write(t, d.port, "2")
		read(t, f, "2")
		if n, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCINQ); n != 0 || err != nil {
			t.Fatalf("%d bytes more, %v", n, err)
		}
		closeFile(t, f)
		d.expect(false)
	}
}

// The reader that has met a hang-up waits for the poller; our own tidying makes events, and these must not go round.
func TestIdlePortsCostNothing(t *testing.T) {
	w := startWatcher(t)
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Skip("no inotify: ", err)
	}
	defer func() { _ = unix.Close(fd) }()
	for range 30 {
		d := newDesk(t, vport.Spec{}, w)
		if _, err := unix.InotifyAddWatch(fd, d.port.Device(), unix.IN_OPEN|unix.IN_CLOSE); err != nil {
			t.Fatal(err)
		}
		f := program(t, d.port.path)
		d.expect(true)
		closeFile(t, f)
		d.expect(false)
	}
	time.Sleep(100 * time.Millisecond) // the last events may be on their way; if they are not, the test is stricter
	buf := make([]byte, 1<<16)
	n, _ := unix.Read(fd, buf)
	events := len(parse(buf[:max(n, 0)]))
	before := cpu(t)
	time.Sleep(300 * time.Millisecond) // the time measured
	if used := cpu(t) - before; used > 60*time.Millisecond {
		t.Errorf("30 ports that nobody has open used %v of CPU in 300 ms", used)
	}
	n, _ = unix.Read(fd, buf)
	if more := len(parse(buf[:max(n, 0)])); more > 0 {
		t.Errorf("%d events of opening and closing while nobody does", more)
	}
	t.Logf("%d events for 30 visits", events)
	if events > 30*8 {
		t.Errorf("%d events for 30 visits", events)
	}
}

func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestQueueOverflowLooksAtAllPorts(t *testing.T) {
	w := newWatcher(nil, nil) // not run: nothing but the overflow tells
	d := newDesk(t, vport.Spec{}, w)
	f := program(t, d.port.path)
	w.wakeAll()
	d.expect(true)
	closeFile(t, f)
	d.expect(false)
}

func TestLookWithoutReceive(t *testing.T) {
	open := make(chan bool, 16)
	opened, err := openPort(vport.Spec{Address: t.TempDir() + "/meter"}, startWatcher(t), func(o bool) { open <- o })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.Close() }()
	d := &desk{TB: t, port: opened.(*ptyPort), open: open}
	f := program(t, d.port.path)
	d.expect(true)
	closeFile(t, f)
	d.expect(false)
	if _, err := os.Stat(d.port.Device()); err != nil {
		t.Error(err)
	}
}
