// Package familytest holds every family of modems to one contract: those that the program knows, those that a table declares, and the
// ready tables. It is for tests only.
//
// Contract is the contract, and its files are its parts. Native and Declared are the families and profiles that the module's own tests
// hold to it.
package familytest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/profile/side"
	"meterline/relay/wire"
)

// Case is a profile, one of its modems, and what it promises.
type Case struct {
	Profile profile.Profile
	Name    string // of the simulated modem among profile.Simulated; empty: the profile's usual one
	ID      string // of the modem

	Credentials wire.Credentials // that it gives

	MeterFirst bool // the modem is understood only when its meter has said something

	Beats        Places // where heartbeats are taken out
	BeatsBetween Places // where they are taken out if the ends of the meter's messages are known
}

// Contract holds a family to what all of them owe, whatever their bytes are:
//
//   - a registration is understood however it is cut, and what is merged with it is data;
//   - a modem sends no heartbeat before it has registered, and heartbeats are taken out in the places that the family promises;
//   - a program that looks for another service is never taken for a modem;
//   - any bytes cross in both directions, however they are cut;
//   - whatever comes, and however long, no more than a bound is kept;
//   - a session with the simulated modem works over a slow line that cuts and merges.
func Contract(t *testing.T, c Case) {
	t.Helper()
	if err := c.Profile.Validate(); err != nil {
		t.Fatal(err)
	}
	t.Run("registration", c.testRegistration)
	t.Run("order", c.testOrder)
	t.Run("strangers", c.testStrangers)
	t.Run("heartbeats", c.testHeartbeats)
	t.Run("bytes", c.testBytes)
	t.Run("memory", c.testMemory)
	t.Run("loopback", c.testLoopback)
}

// now is when families are tested, as far as they need to know.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pause is longer than any silence that means something to a family.
const pause = 2 * time.Second

// line returns the modem's part on a new connection.
func (c *Case) line(t testing.TB) *side.Line {
	t.Helper()
	return c.lines(t)()
}

func (c *Case) lines(t testing.TB) func() *side.Line {
	t.Helper()
	lines, err := c.Profile.Simulate(c.who())
	if c.Name != "" {
		lines, _, err = profile.Simulate(c.Name, c.who())
	}
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// who returns who the modem says it is.
func (c *Case) who() side.Identity { return side.Identity{ID: c.ID, Credentials: c.Credentials} }

// ids returns the identities that are configured: that of the modem, and one that is another's.
func (c *Case) ids() profile.IDs {
	return profile.NewIDs(&c.Profile, slices.Values([]string{c.ID, "another"}))
}

// connect has the modem connect and be greeted. It returns all that the modem says before it is accepted.
func (c *Case) connect(t testing.TB, modem *side.Line) []byte {
	t.Helper()
	said := bytes.Clone(modem.Connect(now))
	if hello := c.Profile.Hello(c.Credentials); len(hello) > 0 {
		data, reply, err := modem.Take(hello, now)
		if err != nil || len(data) > 0 {
			t.Fatalf("greeted with %q its meter got %q, %v", hello, data, err)
		}
		said = append(said, reply...)
	}
	return said
}

// online returns a modem that is on line, what it said before, and the verdict on that.
func (c *Case) online(t testing.TB) (modem *side.Line, said []byte, v profile.Verdict) {
	t.Helper()
	modem = c.line(t)
	said = c.connect(t, modem)
	if c.Profile.Registers() {
		v, _ = c.register(t, [][]byte{said})
		if !v.Done {
			t.Fatalf("%q does not register: %+v", said, v)
		}
		welcome := c.Profile.Welcome(&v, now)
		if data, _, err := modem.Take(welcome, now); err != nil || len(data) > 0 {
			t.Fatalf("accepted with %q its meter got %q, %v", welcome, data, err)
		}
	}
	if !modem.Online() {
		t.Fatal("it is not on line")
	}
	return modem, said, v
}

// register has the pieces read as a registration. It returns the verdict, and the pieces that are left. A modem whose silence decides
// is silent behind the last one.
func (c *Case) register(t testing.TB, pieces [][]byte) (v profile.Verdict, left [][]byte) {
	t.Helper()
	reg, err := c.Profile.NewRegistration(c.ids())
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range pieces {
		p = bytes.Clone(p)
		v = reg.Feed(p)
		clear(p) // it is the caller's buffer
		if v.Done || v.Refused != "" {
			return v, pieces[i+1:]
		}
	}
	if v.Wait > 0 {
		v = reg.Silence()
	}
	return v, nil
}

// burst is what comes behind a silence, in pieces without one between them.
type burst struct {
	idle   time.Duration
	pieces [][]byte
}

// decoded is everything that a codec makes of what comes.
type decoded struct {
	codec.Decoded
	kept []byte // all data
}

// decode feeds a codec as a session does.
func decode(c codec.Codec, bursts ...burst) (d decoded) {
	for _, b := range bursts {
		release(c, b.idle, &d)
		idle := b.idle
		for _, p := range b.pieces {
			if len(p) == 0 {
				continue
			}
			if c == nil {
				d.kept = append(d.kept, p...)
				continue
			}
			p = bytes.Clone(p)
			d.take(c.Decode(p, idle))
			clear(p)
			idle = 0
		}
	}
	release(c, time.Hour, &d)
	return d
}

// release lets a codec decide about what it holds, as far as that is due within a silence.
func release(c codec.Codec, silence time.Duration, d *decoded) {
	h, ok := c.(codec.Holder)
	for range 100 {
		if !ok || h.Holding() == 0 || h.Holding() > silence {
			return
		}
		silence -= h.Holding()
		d.take(h.Release())
	}
}

func (d *decoded) take(next codec.Decoded) {
	d.kept = append(d.kept, next.Data...)
	next.Data = nil
	d.Answer = append(d.Answer, next.Answer...)
	d.Facts = append(d.Facts, next.Facts...)
	d.Events = append(d.Events, next.Events...)
	for _, b := range next.Beats {
		d.Beats = append(d.Beats, bytes.Clone(b))
	}
	d.Dropped += next.Dropped
}

// cuts calls f with p whole, byte by byte, and cut in two at every byte.
func cuts(p []byte, f func(pieces [][]byte)) {
	f([][]byte{p})
	f(slices.Collect(slices.Chunk(p, 1)))
	for i := 1; i < len(p); i++ {
		f([][]byte{p[:i], p[i:]})
	}
}

// flat returns the pieces' sizes, for messages.
func flat(pieces [][]byte) (sizes []int) {
	for _, p := range pieces {
		sizes = append(sizes, len(p))
	}
	return sizes
}
