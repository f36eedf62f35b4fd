package simulated_test

import (
	"testing"
	"time"

	"meterline/relay/familytest"
	"meterline/relay/profile/side"
	"meterline/relay/simulated"
)

func TestDeclaredThroughAnExchange(t *testing.T) {
	for name, c := range familytest.Declared {
		for seed := range uint64(3) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p, every := c.Profile, time.Hour
				if c.Beats == familytest.Everywhere {
					every = time.Millisecond
				}
				line, err := p.Simulate(side.Identity{ID: c.ID})
				if err != nil {
					t.Fatal(err)
				}
				var h heard
				m := &simulated.Modem{Name: name, Side: line, HeartbeatEvery: every, Shuffle: true, Seed: seed + 1}
				s := online(t, m, p, p.CanonicalID(c.ID), &h)
				crosses(t, s, 1, 8, 256, 700)
				if s.Misframed() != 0 || m.Stats().Sessions != 1 {
					t.Errorf("%d bytes dropped, %+v", s.Misframed(), m.Stats())
				}
			})
		}
	}
}
