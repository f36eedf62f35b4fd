package vport

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const nobodyID = 65534

func TestExclusiveLeftByAKilledProgram(t *testing.T) {
	d := newDesk(t, Spec{}, newWatcher(t))
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
	d := newDesk(t, Spec{}, newWatcher(t))
	kill := start(t, d.port.path, "exclusive", nil)
	d.expect(true)
	join(t, func() {
		if _, err := d.port.Write(make([]byte, 1<<20)); !errors.Is(err, ErrNobody) {
			t.Errorf("write: %v, want ErrNobody", err)
		}
	}, func() {})
	kill()
	d.expect(false)
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
	c := exec.Command(binary, "-test.run", "^(TestExclusiveLeftByAKilledProgram|TestBlockedWriteEndsWhenThePairIsReplaced|TestOwner)$", "-test.v")
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
