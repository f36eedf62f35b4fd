package pty

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

func TestLimitsSayWhatToRaise(t *testing.T) {
	if texts := Limits([]vport.Spec{{Address: "/run/meter"}, {Address: "tcp://:1"}}, 1); len(texts) != 0 {
		t.Errorf("two ports and one session: %q", texts)
	}
	texts := strings.Join(limits(1<<30, 1<<30, 1<<30, 1<<30), "\n")
	for _, want := range []string{"kernel.pty.max=", "LimitNOFILE=", "max_user_watches="} {
		if !strings.Contains(texts, want) {
			t.Errorf("%q: want what to raise: %s", texts, want)
		}
	}
}

// A network port takes no pseudo-terminal and no watch, but descriptors, and more of them.
func TestLimitsOfNetworkPorts(t *testing.T) {
	t.Parallel()
	const many = 1 << 20 // of one and the same, which costs no memory
	ports := slices.Repeat([]vport.Spec{{Address: "rfc2217://:1"}}, many)
	texts := strings.Join(Limits(ports, 1<<29), "\n")
	if strings.Contains(texts, "kernel.pty.max=") || strings.Contains(texts, "max_user_watches=") {
		t.Errorf("network ports are taken for pseudo-terminals: %s", texts)
	}
	want := "LimitNOFILE=" + strconv.Itoa(netDescriptors*many+3<<29+spare)
	if !strings.Contains(texts, want) {
		t.Errorf("%s: want %s", texts, want)
	}
}

func TestRaiseLimits(t *testing.T) {
	if err := RaiseLimits(); err != nil {
		t.Fatal(err)
	}
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil || l.Cur != l.Max {
		t.Errorf("%d of %d open files, %v", l.Cur, l.Max, err)
	}
}

func TestOpeners(t *testing.T) {
	d := newDesk(t, vport.Spec{}, nil)
	program(t, d.port.path) // this process's, to be left out
	kill := start(t, d.port.path, "", nil)
	opened, err := openers()
	if err != nil {
		t.Fatal(err)
	}
	got := opened[d.port.Device()]
	if len(got) != 1 || got[0].PID == os.Getpid() || got[0].Name == "" {
		t.Errorf("%+v, want the one program", got)
	}
	kill()
	if opened, err = openers(); err != nil || len(opened[d.port.Device()]) != 0 {
		t.Errorf("%v, %v after the program has ended", opened[d.port.Device()], err)
	}
}

// descriptors are this process's open files.
func descriptors(t testing.TB) []string {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, n := range names {
		if target, err := os.Readlink("/proc/self/fd/" + n.Name()); err == nil {
			open = append(open, target)
		}
	}
	slices.Sort(open)
	return open
}
