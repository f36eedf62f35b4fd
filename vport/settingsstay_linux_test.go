package vport

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
