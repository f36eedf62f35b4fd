package main

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// disciplineNull lets no byte pass (N_NULL in linux/tty.h). Any program may set it, and it outlives the program.
const disciplineNull = 27

// A program sets another line discipline: that is shown while it lasts, and the next program finds a port that works.
func TestAnotherDisciplineIsShown(t *testing.T) {
	t.Parallel()
	s := startSite(t, oneModem)
	modem, p := s.online("boiler", siteID), s.openSeen("ports/boiler")
	talk(p, modem)
	raw, err := p.conn.(*os.File).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var refused error
	if err := raw.Control(func(fd uintptr) {
		refused = unix.IoctlSetPointerInt(int(fd), unix.TIOCSETD, disciplineNull)
	}); err != nil {
		t.Fatal(err)
	}
	if err := refused; err != nil {
		t.Skip("this kernel has no line discipline N_NULL: ", err)
	}
	const what = "has set line discipline 27"
	for _, verb := range [][]string{{"status"}, {"status", "--problems"}, {"show", "ports/boiler"}} {
		if verb[0] == "show" {
			verb[1] = s.path(verb[1])
		}
		if _, out := s.meterline(verb...); !strings.Contains(out, what) {
			t.Errorf("meterline %v does not say that its program %s: %s", verb, what, out)
		}
	}
	if err := p.conn.Close(); err != nil {
		t.Fatal(err)
	}
	s.eventually("the program has left", func() bool { return !s.port("ports/boiler").Open })
	if code, out := s.meterline("status", "--problems"); code != 0 {
		t.Errorf("status --problems behind it: exit code %d: %s", code, out)
	}
	talk(s.openSeen("ports/boiler"), modem)
}
