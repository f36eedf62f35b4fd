package pty

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// What a program sets stays set, however often it does so while EXTPROC is put right behind it. Once in very many times it falls
// between two system calls of ours, of which the kernel has no single one.
func TestSettingsStay(t *testing.T) {
	const may = 2
	w := newWitness(t)
	f := program(t, w.port.path)
	lost := 0
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		for speed := uint32(1000); speed < 1500; speed++ {
			speedTo(t, f, speed, func(s *unix.Termios) { s.Lflag = 0 })
			if now := settings(t, f).Ospeed; now != speed {
				lost++
				t.Logf("the program has set %d, and finds %d", speed, now)
			}
		}
		time.Sleep(rearmAfter + 2*time.Millisecond) // EXTPROC is there again
	}
	if lost > may {
		t.Errorf("%d settings are lost", lost)
	}
}

// What "stty -F PORT …" sets is for the program that comes next, as on a real port, but for what alters bytes.
func TestSettingsOfABytelessVisitStay(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]func(vport.Signal){"plain": nil, "in packet mode": func(vport.Signal) {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, vport.Spec{}, startWatcher(t))
			d.port.SetSignal(signal)
			for i := range 200 {
				speed, least := 1200<<(i%4), i%5
				stty(t, d, fmt.Sprintf("%d -hupcl cstopb crtscts min %d time 3 clocal", speed, least))
				is := stty(t, d, "-a")
				for _, want := range []string{fmt.Sprintf("speed %d baud", speed), " -hupcl", " cstopb", " crtscts", fmt.Sprintf("min = %d;", least), "time = 3;"} {
					if !strings.Contains(is, want) {
						t.Fatalf("time %d: %q is forgotten: %s", i, want, is)
					}
				}
			}
			f := program(t, d.port.path)
			d.trades(f)
			if s := settings(t, f); s.Cflag&unix.CLOCAL != 0 || s.Cflag&unix.HUPCL != 0 {
				t.Errorf("cflag %#o, want neither CLOCAL nor HUPCL", s.Cflag)
			}
			closeFile(t, f)
			for open := range d.open {
				if !open && len(d.open) == 0 && !d.port.Present() {
					break
				}
			}
			if d.port.HangsUp() {
				t.Error("the program that came behind stty -hupcl hangs up")
			}
			if is := stty(t, d, "-a"); !strings.Contains(is, " hupcl") {
				t.Errorf("and the one behind it would not: %s", is)
			}
		})
	}
}

func stty(t *testing.T, d *desk, what string) string {
	t.Helper()
	out, err := exec.Command("stty", append([]string{"-F", d.port.path}, strings.Fields(what)...)...).CombinedOutput()
	if err != nil {
		t.Skipf("no stty: %v: %s", err, out)
	}
	return string(out)
}
