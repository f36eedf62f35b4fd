package vport

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What a program sets stays set, however often it does so while EXTPROC is put right behind it.
func TestSettingsStay(t *testing.T) {
	w := newWitness(t)
	f := program(t, w.port.path)
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		for speed := uint32(1000); speed < 1500; speed++ {
			speedTo(t, f, speed, func(s *unix.Termios) { s.Lflag = 0 })
			if now := settings(t, f).Ospeed; now != speed {
				t.Fatalf("the program has set %d, and finds %d", speed, now)
			}
		}
		time.Sleep(4 * time.Millisecond) // EXTPROC is there again
	}
}
