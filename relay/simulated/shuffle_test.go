package simulated

import (
	"io"
	"strings"
	"testing"
	"time"

	"meterline/relay/profile"
	"meterline/relay/profile/side"
	"meterline/relay/relaytest"
	"meterline/relay/simulated/netem"
)

// However bytes are shuffled, they stay whole and in order.
func TestModemShuffles(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 100)
	for _, faults := range []netem.Faults{{}, {Delay: 1, DelayMax: 2e6, Fragment: 100, Gap: 1e5}} {
		l := relaytest.Listen(t)
		relaytest.Start(t, (&Modem{Call: l.Addr().String(), Register: []byte("hello "), Shuffle: true, Faults: faults, Seed: 7}).Run)
		conn := relaytest.Accept(t, l)
		for rest := text; rest != ""; rest = rest[160:] {
			if _, err := io.WriteString(conn, rest[:160]); err != nil {
				t.Fatal(err)
			}
		}
		relaytest.Expect(t, conn, "hello "+text)
	}
}

// A side's heartbeats come among what the meter says, and nothing is lost.
func TestSideBeatsWhileItShuffles(t *testing.T) {
	l := relaytest.Listen(t)
	line, _, err := profile.Simulate("four-faith", side.Identity{ID: "13066668888"})
	if err != nil {
		t.Fatal(err)
	}
	m := &Modem{Call: l.Addr().String(), Side: line, HeartbeatEvery: time.Millisecond, Shuffle: true, Seed: 3}
	relaytest.Start(t, m.Run)
	conn := relaytest.Accept(t, l)
	relaytest.Expect(t, conn, "\x78\x56\x34\x1213066668888\x00\xC0\xA8\x01\x42\x00")
	beats := 0
	one := make([]byte, 1)
	for i := range 200 {
		if _, err := conn.Write([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		for got := false; !got; {
			if _, err := io.ReadFull(conn, one); err != nil {
				t.Fatal(err)
			}
			if got = one[0] != 0xFE; !got {
				beats++
			} else if one[0] != byte(i) {
				t.Fatalf("%02x instead of %02x", one[0], i)
			}
		}
	}
	if beats == 0 || !m.Stats().Up {
		t.Errorf("%d heartbeats, %+v", beats, m.Stats())
	}
}
