package modem

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTakeover(t *testing.T) {
	for _, c := range []struct {
		policy    Takeover
		old, next string
		ok        bool
	}{
		{TakeoverNever, "10.0.0.1:5", "10.0.0.1:5", false},
		{TakeoverSameAddress, "10.0.0.1:5", "10.0.0.2:5", false},
		{TakeoverSameAddress, "10.0.0.1:5", "10.0.0.1:6", true},
		{TakeoverSameAddress, "[2001:db8::1]:5", "[2001:db8::2]:5", false},
		{TakeoverSamePrefix, "10.0.0.1:5", "10.0.1.1:5", false},
		{TakeoverSamePrefix, "10.0.0.1:5", "10.0.0.200:5", true},
		{TakeoverSamePrefix, "[2001:db8::1]:5", "[2001:db8::ffff:2]:5", true},
		{TakeoverSamePrefix, "[2001:db8::1]:5", "10.0.0.1:5", false},
		{TakeoverSameAddress, "[::ffff:10.0.0.1]:5", "10.0.0.1:6", true},
		{TakeoverNewest, "10.0.0.1:5", "11.0.0.1:5", true},
		{"", "10.0.0.1:5", "11.0.0.1:5", true},
	} {
		if err := c.policy.check(c.old, c.next); (err == nil) != c.ok {
			t.Errorf("takeover %q, %s then %s: %v", c.policy, c.old, c.next, err)
		}
	}
}

// Only addresses that take turns are more than one modem; one that calls again and again, or goes on to another address, is one.
func TestContest(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		peers      string // of the sessions, in order
		apart      time.Duration
		contenders []string
		problem    string
	}{
		{"10.0.0.1:1 10.0.0.1:2 10.0.0.1:3 10.0.0.1:4", time.Second, nil, ""},
		{"10.0.0.1:1 10.0.0.1:2 10.0.0.1:3 10.0.0.1:4 10.0.0.1:5", time.Second, nil, "it has called in again 4 times within 3s without closing its connection, the last time from 10.0.0.1"},
		{"10.0.0.1:1 10.0.0.1:2 10.0.0.1:3 10.0.0.1:4 10.0.0.1:5", 2 * time.Minute, nil, ""},
		{"10.0.0.1:1 10.0.0.1:2 10.0.0.2:3 10.0.0.3:4 10.0.0.3:5", time.Second, nil, "it has called in again 4 times within 3s without closing its connection, the last time from 10.0.0.3"},
		{"10.0.0.2:1 10.0.0.1:2 10.0.0.2:3 10.0.0.1:4 10.0.0.2:5", time.Second, []string{"10.0.0.1", "10.0.0.2"}, "identity contested: more than one modem registers with it, from 10.0.0.1 and 10.0.0.2"},
		{"[2001:db8::1]:1 pipe [2001:db8::1]:3 [2001:db8::1]:4 [2001:db8::1]:5", 0, []string{"2001:db8::1", "pipe"}, "identity contested: more than one modem registers with it, from 2001:db8::1 and pipe"},
	} {
		var contest contest
		peers, at := strings.Fields(c.peers), now
		for i := range peers[1:] {
			contest.displaced(at, peers[i], peers[i+1])
			at = at.Add(c.apart)
		}
		at = at.Add(-c.apart)
		if got := contest.contenders(at); !slices.Equal(got, c.contenders) {
			t.Errorf("%s: contenders %q, want %q", c.peers, got, c.contenders)
		}
		if got := contest.describe(at); got != c.problem {
			t.Errorf("%s: problem %q, want %q", c.peers, got, c.problem)
		}
	}
}

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
