package familytest

import (
	"bytes"
	"slices"
	"testing"

	"meterline/relay/profile"
	"meterline/relay/relaytest"
)

// answer is what a meter says: the answer of a Modbus meter, with its CRC.
var answer = []byte{0x01, 0x03, 0x02, 0x00, 0x64, 0xB9, 0xAF}

// first returns what the modem sends when its meter says p right behind the registration. Where the registration is what comes before
// every packet, it was that of this packet.
func (c *Case) first(t testing.TB, p []byte) []byte {
	t.Helper()
	if c.Profile.Repeat == profile.EveryPacket && !c.Profile.Framing.Used() {
		return p
	}
	modem, _, _ := c.online(t)
	return modem.Put(p)
}

// A registration is understood however it is cut, what is merged with it is data, and nothing shorter registers somebody else.
func (c *Case) testRegistration(t *testing.T) {
	_, said, v := c.online(t)
	if !c.Profile.Registers() {
		if len(said) > 0 {
			t.Errorf("a modem that does not register says %q", said)
		}
		return
	}
	if !c.Profile.Identify(c.ids(), &v) {
		t.Errorf("%q registers %q, not %q", said, v.ID, c.ID)
	}
	for i := range said {
		if v, _ := c.register(t, [][]byte{said[:i]}); v.Refused != "" && v.Refused != profile.RefusedUnfinished {
			t.Errorf("%q is refused: %s", said[:i], v.Refused)
		} else if v.Done && !c.Profile.Identify(c.ids(), &v) {
			t.Errorf("%q registers %q", said[:i], v.ID)
		}
	}
	cuts(slices.Concat(said, c.first(t, answer)), func(pieces [][]byte) {
		v, left := c.register(t, pieces)
		if !v.Done || !c.Profile.Identify(c.ids(), &v) {
			t.Fatalf("in pieces of %v: %+v", flat(pieces), v)
		}
		if v.Rest != nil {
			left = slices.Concat([][]byte{v.Rest}, left)
		}
		d := decode(c.Profile.NewCodec(&v, nil), burst{0, left})
		if !bytes.Equal(d.kept, answer) || d.Dropped > 0 {
			t.Errorf("in pieces of %v: data % X, %d bytes dropped", flat(pieces), d.kept, d.Dropped)
		}
	})
}

// A modem neither beats nor is on line before it has said who it is, and it is on line only when we have understood that.
func (c *Case) testOrder(t *testing.T) {
	modem := c.line(t)
	quiet := func(when string, said []byte) {
		t.Helper()
		beat, registered := modem.Beat(), !c.Profile.Registers()
		if !registered {
			v, _ := c.register(t, [][]byte{said})
			registered = v.Done
		}
		if (len(beat) > 0 || modem.Online()) && !registered {
			t.Errorf("%s, having said %q, it is on line: %v, and beats %q", when, said, modem.Online(), beat)
		}
	}
	quiet("new", nil)
	said := bytes.Clone(modem.Connect(now))
	quiet("connected", said)
	for _, b := range c.Profile.Hello(c.Credentials) {
		_, reply, err := modem.Take([]byte{b}, now)
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, reply...)
		quiet("being greeted", said)
	}
}

// A program that looks for another service, and noise, never register.
func (c *Case) testStrangers(t *testing.T) {
	if !c.Profile.Registers() {
		return // its modems are known by the addresses that an exchange allows
	}
	for name, p := range relaytest.Strangers() {
		for _, n := range []int{len(p) + 1, 1} {
			if v, _ := c.register(t, slices.Collect(slices.Chunk([]byte(p), n))); v.Done && c.Profile.Identify(c.ids(), &v) {
				t.Errorf("%s, in pieces of %d, registers as %q", name, n, v.ID)
			}
		}
		if class := profile.Scanner([]byte(p)); class != "" && c.Profile.Scans() {
			continue // refused by its signature
		}
		if v, _ := c.register(t, [][]byte{[]byte(p)}); v.Refused == "" && !v.Done && len(p) > profile.MaxRegistration+c.Profile.RegistrationMax {
			t.Errorf("%s is still listened to", name)
		}
	}
}
