package simulated_test

import (
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/familytest"
	"meterline/relay/profile"
	"meterline/relay/profile/side"
	"meterline/relay/simulated"
)

// A heartbeat that is told from data by silence alone has it, and so has a packet that begins with a prefix.
func TestSilences(t *testing.T) {
	for name, want := range map[string][2]time.Duration{
		"greeted and answered": {0, side.BeatSilence}, "every packet": {side.PacketSilence, 0}, "both": {side.PacketSilence, 0}, "a prefix": {side.PacketSilence, 0},
		"escape": {}, "frames": {}, "length of all": {}, "no registration": {0, side.BeatSilence},
	} {
		c := familytest.Declared[name]
		fresh, err := c.Profile.Simulate(side.Identity{ID: c.ID})
		if err != nil {
			t.Fatal(err)
		}
		packet, beat := fresh().Silences()
		if packet != want[0] || beat != want[1] {
			t.Errorf("%s: %v and %v", name, packet, beat)
		}
	}
}

// Heartbeats that need silence are known by it, whatever a meter says between them.
func TestDeclaredBeatsAlone(t *testing.T) {
	t.Parallel()
	p := profile.Profile{Name: "test", Kind: profile.Declared, Registration: familytest.Template("{id};"), Packet: familytest.Template("hex:FA 01 01"), Heartbeats: []codec.Heartbeat{{Bytes: familytest.Template("LOG"), Answer: familytest.Template("ok")}}}
	line, err := p.Simulate(side.Identity{ID: "1001"})
	if err != nil {
		t.Fatal(err)
	}
	var h heard
	m := &simulated.Modem{Name: "beats", Side: line, HeartbeatEvery: time.Millisecond, Shuffle: true, Seed: 5}
	s := online(t, m, p, "1001", &h)
	crosses(t, s, 9)
	for sent := m.Stats().Sent; m.Stats().Sent == sent; { // until it has beaten
		if err := s.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_ = s.Receive(func(p []byte) bool { t.Errorf("%q from nowhere", p); return true })
	}
	crosses(t, s, 9, 1)
}
