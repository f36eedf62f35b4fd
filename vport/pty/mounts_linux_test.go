package pty

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"meterline/vport"
)

// inOwnMounts is set where this binary runs in a mount namespace of its own.
const inOwnMounts = "VPORT_TEST_OWN_MOUNTS"

// ownMounts runs the test again in a mount namespace of its own, and reports whether this is that run.
func ownMounts(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inOwnMounts) != "" {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		return true
	}
	if os.Geteuid() != 0 {
		t.Skip("not root: only root may mount")
	}
	c := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), inOwnMounts+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	out, err := c.CombinedOutput()
	if errors.Is(err, unix.EPERM) {
		t.Skip("no mount namespace of its own can be had here: ", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

// A devpts that is mounted over /dev/pts has numbers of its own: links made before lead to terminals of later ports.
func TestAnotherDevptsIsMounted(t *testing.T) {
	t.Parallel()
	if !ownMounts(t) {
		return
	}
	w := startWatcher(t)
	desks := make([]*desk, 5)
	for i := range desks {
		desks[i] = newDesk(t, vport.Spec{}, w)
	}
	present := program(t, desks[0].port.path)
	desks[0].expect(true)
	for i := range desks {
		desks[i].named(fmt.Sprint("before ", i))
	}
	if err := unix.Mount("devpts", ptsFolder, "devpts", 0, "ptmxmode=666"); err != nil {
		t.Fatal(err)
	}
	for i := range desks {
		desks[i].replacedTimes(1)
	}
	desks[0].expect(false)
	cutOff(t, present)
	for i := range desks {
		desks[i].named(fmt.Sprint("under the new mount ", i))
	}
	if err := unix.Unmount(ptsFolder, unix.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	for i := range desks {
		desks[i].replacedTimes(2)
		desks[i].named(fmt.Sprint("after it ", i))
	}
}

// A program in a container has a terminal of that open, which has the name of one of ours.
func TestOpenersOfAnotherDevpts(t *testing.T) {
	t.Parallel()
	if !ownMounts(t) {
		return
	}
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer closeFile(t, master)
	defer closeFile(t, slave)
	start(t, slave.Name(), "", nil)
	if all, err := openers(); err != nil || len(all[slave.Name()]) != 1 {
		t.Fatalf("%v, %v, want one program at %s", all, err, slave.Name())
	}
	if err := unix.Mount("devpts", ptsFolder, "devpts", 0, "ptmxmode=666"); err != nil {
		t.Fatal(err)
	}
	for !exists(slave.Name()) {
		ours, _, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer closeFile(t, ours)
	}
	if all, err := openers(); err != nil || len(all[slave.Name()]) != 0 {
		t.Errorf("%v, %v, want nobody at %s", all, err, slave.Name())
	}
}

// Where no other terminal can be had, the links go: they would lead to whatever the number is given to.
func TestNoTerminalsAnyMore(t *testing.T) {
	t.Parallel()
	if !ownMounts(t) {
		return
	}
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	kept := false
	for range 5 {
		before := d.port.Trouble().Replaced
		d.withoutTerminals()
		d.named("after it")
		kept = kept || d.port.Trouble().Replaced == before
	}
	// If the port is tried again in the very moment of the unmount, it is replaced all the same.
	if !kept {
		t.Error("replaced each time, though the terminal is there again")
	}
}

// withoutTerminals covers /dev/pts, waits until the port has noticed, and uncovers it.
func (d *desk) withoutTerminals() {
	d.Helper()
	if err := unix.Mount("none", ptsFolder, "tmpfs", 0, ""); err != nil {
		d.Fatal(err)
	}
	for start := time.Now(); d.port.Trouble().Now == "" || exists(d.port.path); time.Sleep(time.Millisecond) {
		if time.Since(start) > patience {
			d.Fatalf("%+v, and a link: %v", d.port.Trouble(), exists(d.port.path))
		}
	}
	idles(d, "without terminals")
	if err := unix.Unmount(ptsFolder, unix.MNT_DETACH); err != nil {
		d.Fatal(err)
	}
	d.isFit()
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// named checks that a program which opens the port's link gets this port.
func (d *desk) named(name string) {
	d.Helper()
	f := program(d, d.port.path)
	write(d, f, name)
	d.expectBytes(name)
	closeFile(d, f)
}

func (d *desk) replacedTimes(n int64) {
	d.Helper()
	for start := time.Now(); d.port.Trouble().Replaced < n; time.Sleep(time.Millisecond) {
		if time.Since(start) > patience {
			d.Fatalf("%+v", d.port.Trouble())
		}
	}
}
