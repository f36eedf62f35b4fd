package modem

import (
	"sync"
	"testing"
)

// fakeRinger is a ringer that answers as its function says.
type fakeRinger struct {
	ring    func() bool
	stopped int
}

func (r *fakeRinger) Name() string             { return "ringer" }
func (r *fakeRinger) Ring(*Modem, string) bool { return r.ring() }
func (r *fakeRinger) Stop(*Modem)              { r.stopped++ }

// A session displaces another one while that is about to ring where nobody can hear it: the new one rings where somebody can.
func TestDisplacedWhileItLooksForAPort(t *testing.T) {
	inSeams(t, Config{Ring: "phones"}, func(r *seamRig) {
		var again sync.Once
		busy, free, rung := new(fakeRinger), new(fakeRinger), 0
		busy.ring = func() bool {
			again.Do(func() { r.callIn() })
			return false
		}
		free.ring = func() bool { rung++; return true }
		r.Ringing().Use(func(string) []Ringer { return []Ringer{busy, free} })
		far := r.callIn()
		if rung != 1 {
			t.Errorf("it has rung %d times, want 1", rung)
		}
		far.Close()
	})
}
