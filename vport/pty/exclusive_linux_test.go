package pty

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

const nobodyID = 65534

func TestExclusiveLeftByAKilledProgram(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	replaced := 0
	if err := d.port.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	const rounds = 5
	for range rounds {
		before := d.port.Device()
		kill := start(t, d.port.path, "exclusive", nil)
		d.expect(true)
		if f, err := os.OpenFile(d.port.path, os.O_RDWR|unix.O_NOCTTY, 0); os.Geteuid() != 0 && !errors.Is(err, unix.EBUSY) {
			t.Errorf("a second open: %v, %v, want EBUSY", f, err)
		} else if err == nil {
			closeFile(t, f) // root may
		}
		kill()
		d.expect(false)
		f := program(t, d.port.path)
		d.expect(true)
		write(t, f, "request")
		d.expectBytes("request")
		write(t, d.port, "answer")
		read(t, f, "answer")
		closeFile(t, f)
		d.expect(false)
		if d.port.Device() != before { // a number that was given back before may come again
			replaced++
		}
	}
	if root := os.Geteuid() == 0; root && replaced > 0 || !root && replaced < rounds {
		t.Errorf("replaced %d times of %d, want it only where this process is not root (%v)", replaced, rounds, root)
	}
}

func TestBlockedWriteEndsWhenThePairIsReplaced(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	kill := start(t, d.port.path, "exclusive", nil)
	d.expect(true)
	join(t, func() {
		if _, err := d.port.Write(make([]byte, 1<<20)); !errors.Is(err, vport.ErrNobody) {
			t.Errorf("write: %v, want ErrNobody", err)
		}
	}, func() {})
	kill()
	d.expect(false)
}

// claim takes a port that is open for this program's own use. The sweep behind its last visit may come only now, and lift that
// once.
func claim(f *os.File, path string) error {
	for begun := time.Now(); ; {
		if err := unix.IoctlSetInt(int(f.Fd()), unix.TIOCEXCL, 0); err != nil {
			return err
		}
		second, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
		switch {
		case errors.Is(err, unix.EBUSY):
			return nil
		case err != nil:
			return fmt.Errorf("a second open does not answer EBUSY: %w", err)
		case time.Since(begun) > patience:
			return errors.New("a second open is let in")
		}
		if err := second.Close(); err != nil {
			return err
		}
	}
}

// reopen closes a port that it has for its own use and opens it again at once, again and again, and says how that went.
func reopen(f *os.File) error {
	path := f.Name()
	refused, worst := 0, time.Duration(0)
	for range 100 {
		if err := claim(f, path); err != nil {
			return err
		}
		if _, err := f.WriteString("x"); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		closed, tries := time.Now(), 0
		var err error
		for f, err = os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0); err != nil; f, err = os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0) {
			tries++
			if !errors.Is(err, unix.EBUSY) || time.Since(closed) > patience {
				return fmt.Errorf("open again, after %v: %w", time.Since(closed), err)
			}
		}
		worst = max(worst, time.Since(closed))
		refused += min(tries, 1)
	}
	fmt.Printf("refused %d times of 100, for %v at most\n", refused, worst)
	return f.Close()
}

// An ordinary user's program that opens a port again at once may be refused until we have lifted its TIOCEXCL, and by EBUSY alone.
func TestExclusiveOpenedAgainAtOnce(t *testing.T) {
	folder := t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(folder), 0o755), os.Chmod(folder, 0o755)); err != nil {
		t.Fatal(err)
	}
	var as *unix.SysProcAttr
	if os.Geteuid() == 0 {
		binary := filepath.Join(folder, "test")
		copyFile(t, os.Args[0], binary)
		was := os.Args[0]
		os.Args[0] = binary
		defer func() { os.Args[0] = was }()
		as = &unix.SysProcAttr{Credential: &syscall.Credential{Uid: nobodyID, Gid: nobodyID}}
	}
	d := newDesk(t, vport.Spec{Address: filepath.Join(folder, "meter"), Mode: 0o666}, startWatcher(t))
	p, _ := startChild(t, d.port.path, "reopen", as)
	says, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the program says %q, %v", says, err)
	}
	t.Log(says)
	d.expectBytes(strings.Repeat("x", 100))
	d.isFit()
	d.trades(program(t, d.port.path))
}

// What the kernel lets root do it refuses to others; so the whole test runs again as somebody else.
func TestExclusiveUnprivileged(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: the tests of exclusive use run unprivileged anyway")
	}
	folder := t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(folder), 0o755), os.Chmod(folder, 0o777)); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(folder, "test")
	copyFile(t, os.Args[0], binary)
	c := exec.Command(binary, "-test.run", "^(TestExclusiveLeftByAKilledProgram|TestBlockedWriteEndsWhenThePairIsReplaced|TestExclusiveOpenedAgainAtOnce|TestOwner)$", "-test.v")
	c.Dir = folder
	c.Env = append(os.Environ(), "TMPDIR="+folder)
	c.SysProcAttr = &unix.SysProcAttr{Credential: &syscall.Credential{Uid: nobodyID, Gid: nobodyID}}
	out, err := c.CombinedOutput()
	if errors.Is(err, os.ErrPermission) {
		t.Skip("cannot run as another user here: ", err)
	}
	if err != nil {
		t.Fatalf("as user %d: %v\n%s", nobodyID, err, out)
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	src, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }() // it was only read
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(dst, src)
	if err := errors.Join(err, dst.Close(), os.Chmod(to, 0o755)); err != nil {
		t.Fatal(err)
	}
}

// rootLocks is set where a process of root locks the settings of the device whose name it reads from descriptor 3, and closes 4.
const rootLocks = "VPORT_TEST_ROOT_LOCKS"

// Locks that only root could lift cost an ordinary user's daemon the pair.
func TestLockedByRoot(t *testing.T) {
	if os.Getenv(rootLocks) != "" {
		lockedByRoot(t)
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("not root: only root may lock settings")
	}
	folder := t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(folder), 0o755), os.Chmod(folder, 0o777)); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(folder, "test")
	copyFile(t, os.Args[0], binary)
	names, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	done, locked, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(binary, "-test.run", "^TestLockedByRoot$", "-test.v")
	c.Dir, c.ExtraFiles = folder, []*os.File{tell, done}
	c.Env = append(os.Environ(), "TMPDIR="+folder, rootLocks+"=1")
	c.SysProcAttr = &unix.SysProcAttr{Credential: &syscall.Credential{Uid: nobodyID, Gid: nobodyID}}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Skip("cannot run as another user here: ", err)
	}
	_ = errors.Join(tell.Close(), done.Close()) // the child has them
	name, err := bufio.NewReader(names).ReadString('\n')
	if err == nil {
		f := program(t, strings.TrimSpace(name))
		lockSettings(t, f)
		closeFile(t, f)
	}
	_ = locked.Close()
	if err := errors.Join(err, c.Wait()); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
}

func lockedByRoot(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path) // stays while root's comes and goes
	d.expect(true)
	if _, err := fmt.Fprintln(os.NewFile(3, "names"), d.port.Device()); err != nil {
		t.Fatal(err)
	}
	_, _ = os.NewFile(4, "done").Read(make([]byte, 1)) // the end of it
	if now := d.port.Trouble().Now; !strings.Contains(now, "TIOCSLCKTRMIOS") {
		t.Errorf("while its settings are locked the port says %q", now)
	}
	closeFile(t, f)
	d.expect(false)
	next := d.opens()
	d.expect(true)
	speedTo(t, next, 1200, nil)
	if speed := settings(t, next).Ospeed; speed != 1200 || d.port.Trouble().Replaced != 1 {
		t.Errorf("speed %d, trouble %+v; want 1200, and one replacement", speed, d.port.Trouble())
	}
	d.trades(next)
}
