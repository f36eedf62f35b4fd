package simulated_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"meterline/relay"
	"meterline/relay/profile"
	"meterline/relay/profile/side"
	"meterline/relay/relaytest"
	"meterline/relay/simulated"
	"meterline/relay/wire"
)

// loopbackFamilies are families whose modems shuffle their bytes, with heartbeats among data where those would be known for
// such.
var loopbackFamilies = []struct {
	kind profile.Kind
	side string
	id   string
	beat time.Duration
	told []string // at registration
}{
	{profile.IRZ, "irz", "861234567890123", time.Millisecond, []string{wire.FactModel, wire.FactSignal}},
	{profile.IRZ, "irz-plain", "8612345678901234", time.Hour, []string{wire.FactModel, wire.FactSignal}},
	{profile.Teleofis, "teleofis", "861234567890123", time.Hour, []string{wire.FactFirmware, "channel"}},
	{profile.FourFaith, "four-faith", "13066668888", time.Millisecond, []string{wire.FactPhone, wire.FactAddress}},
	{profile.FourFaith, "four-faith", "abfdfe01", time.Millisecond, []string{wire.FactPhone, wire.FactAddress}},
	{profile.DDP, "ddp", "13912345678", time.Millisecond, []string{wire.FactAddress}},
	{profile.Mercury228, "mercury228", "127.0.0.1", time.Hour, nil},
}

// A family's modem registers at an exchange, and whatever bytes a program and a meter say to each other arrive, cut and merged
// as TCP may do it.
func TestFamiliesOverLoopback(t *testing.T) {
	for _, c := range loopbackFamilies {
		for seed := range uint64(4) {
			t.Run(c.side+" "+c.id, func(t *testing.T) {
				t.Parallel()
				line, _, err := profile.Simulate(c.side, side.Identity{ID: c.id})
				if err != nil {
					t.Fatal(err)
				}
				var h heard
				m := &simulated.Modem{Name: c.side, Side: line, HeartbeatEvery: c.beat, Shuffle: true, Seed: seed + 1}
				s := online(t, m, profile.Profile{Kind: c.kind}, c.id, &h)
				facts, _ := h.all()
				for _, name := range c.told {
					if !slices.ContainsFunc(facts, func(f wire.Fact) bool { return f.Name == name }) {
						t.Errorf("%s is not told", name)
					}
				}
				crosses(t, s, 1, 8, 255, 256, 3000)
				if s.Misframed() != 0 || !m.Stats().Up || m.Stats().Sessions != 1 {
					t.Errorf("%d bytes dropped, %+v", s.Misframed(), m.Stats())
				}
			})
		}
	}
}

// online runs a modem that calls an exchange of that profile, and answers the session.
func online(t *testing.T, m *simulated.Modem, profile profile.Profile, id string, h *heard) *relay.Session {
	t.Helper()
	address, sessions := exchangeFor(t, profile, id, h)
	m.Call = address
	relaytest.Start(t, m.Run)
	select {
	case s := <-sessions:
		t.Cleanup(func() { s.End(nil) })
		return s
	case <-time.After(relaytest.Patience):
		t.Fatal("the modem does not register")
	}
	return nil
}

// crosses has a program say so many bytes to a meter that echoes them, one time after the other.
func crosses(t *testing.T, s *relay.Session, sizes ...int) {
	t.Helper()
	random := rand.NewChaCha8([32]byte{7})
	for _, size := range sizes {
		want := make([]byte, size)
		_, _ = random.Read(want)
		if _, err := s.Write(want); err != nil {
			t.Fatal(err)
		}
		var got []byte
		if err := s.SetReadDeadline(time.Now().Add(relaytest.Patience)); err != nil {
			t.Fatal(err)
		}
		err := s.Receive(func(p []byte) bool { got = append(got, p...); return len(got) < size })
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes came back as %d, %v: % X…", size, len(got), err, got[:min(len(got), 32)])
		}
	}
}
