package familytest

import (
	"bytes"
	"context"
	"maps"
	"math/rand/v2"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay"
	"meterline/relay/profile"
	"meterline/relay/relaytest"
	"meterline/relay/simulated"
	"meterline/relay/simulated/netem"
)

// networks are what bytes from the modem meet on their way. Not more than 50 ms are between the pieces of what the modem sends at
// once, as some families know what they get by the silence around it.
var networks = map[string]netem.Faults{
	"at once":   {},
	"slow":      {Delay: 1500 * time.Millisecond, DelayMax: 1550 * time.Millisecond},
	"in pieces": {Delay: 50 * time.Millisecond, Fragment: 5},
}

// rough is a network for families that go by bytes alone.
var rough = netem.Faults{Delay: 300 * time.Millisecond, DelayMax: 3 * time.Second, Fragment: 9, Gap: 200 * time.Millisecond}

// goesBySilence reports whether silence around some bytes distinguishes them.
func (c *Case) goesBySilence(t testing.TB) bool {
	packet, beat := c.line(t).Silences()
	return packet+beat > 0 || c.Profile.Kind == profile.IMEI // its line end comes soon, or is data
}

// testLoopback: a session with the simulated modem works over a line that is slow, and that cuts and merges, with heartbeats among what
// the meter says. Its time is synctest's.
func (c *Case) testLoopback(t *testing.T) {
	if c.MeterFirst {
		return // its meter does not speak first
	}
	all := maps.Clone(networks)
	if !c.goesBySilence(t) {
		all["rough"] = rough
	}
	for name, faults := range all {
		for _, shuffle := range []bool{false, true} {
			for _, every := range []time.Duration{time.Millisecond, time.Hour} {
				if every < time.Second && c.Beats|c.BeatsBetween == Nowhere {
					continue
				}
				for seed := range uint64(3) {
					lines := c.lines(t)
					synctest.Test(t, func(t *testing.T) {
						modem := &simulated.Modem{Name: name, Call: "127.0.0.1:1", Side: lines, Faults: faults, Shuffle: shuffle, HeartbeatEvery: every, Seed: seed + 1}
						c.testSession(t, modem)
					})
					if t.Failed() {
						t.Fatalf("%s, shuffled: %v, heartbeats each %v, seed %d", name, shuffle, every, seed+1)
					}
				}
			}
		}
	}
}

// testSession runs the modem and an exchange, and has a program say bytes to the modem's meter, which echoes.
func (c *Case) testSession(t *testing.T, modem *simulated.Modem) {
	network := relaytest.NewMemory()
	defer network.HangUp()
	modem.Dial = func(context.Context, string, string) (net.Conn, error) { return network.Dial() }
	came := make(chan *relay.Session, 1)
	exchange := &relay.Exchange{Name: "test", Listener: network, Profile: c.Profile, RegistrationTimeout: time.Minute}
	exchange.Subscribe(map[string]relay.Subscriber{c.ID: {Answer: func(s *relay.Session) error { came <- s; return nil }}})
	defer relaytest.Start(t, exchange.Run)()
	defer relaytest.Start(t, modem.Run)()
	var s *relay.Session
	select {
	case s = <-came:
	case <-time.After(time.Minute):
		t.Errorf("it does not register: %v", exchange.Counts())
		return
	}
	defer s.End(nil)
	random := rand.New(rand.NewPCG(7, modem.Seed))
	for _, size := range []int{1, 8, 256, 700} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(random.Uint32())
		}
		if _, err := s.Write(want); err != nil {
			t.Error(err)
		}
		var got []byte
		_ = s.SetReadDeadline(time.Now().Add(time.Hour)) // fails only behind the end, of which Receive tells
		err := s.Receive(func(p []byte) bool { got = append(got, p...); return len(got) < size })
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %v, %s", size, err, differ(got, want))
			return
		}
	}
	if stats := modem.Stats(); s.Misframed() != 0 || !stats.Up || stats.Sessions != 1 {
		t.Errorf("%d bytes dropped, %+v", s.Misframed(), stats)
	}
}
