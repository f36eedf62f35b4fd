package simulated

import (
	"fmt"
	"time"

	"meterline/relay/profile"
)

// declaredSide is a modem that follows the rules of a declared profile. It shares the rules with package profile, but none of
// the code that applies them, so that each checks the other.
//
// If the registration comes before every packet and nowhere else, a real modem is silent until its meter has something to say.
// But simulated meters do not speak unasked. So this modem sends one empty packet, which registers it.
type declaredSide struct {
	profile  *profile.Profile
	hello    []byte // its registration
	greeting form   // what must come before it, nil if nothing must, or it has come
	answer   form   // what must answer it, nil if nothing must, or it has come
	prefix   []byte // before every packet
	beat     []byte
	owed     owed
	packing  packing
	in       []byte // from the server, not understood yet
	sent     bool   // the registration was sent
}

// packing surrounds or replaces the meter's bytes.
type packing interface {
	// pack returns what the modem sends for what its meter says.
	pack(p []byte) []byte
	// unpack takes apart what the server sent: n bytes of p make data. The rest needs more to be understood.
	unpack(p []byte, owed *owed) (n int, data []byte, err error)
	// tells reports whether a heartbeat is recognised by its bytes alone, wherever it comes between packets.
	recognises(beat []byte) bool
}

func newDeclaredSide(p *profile.Profile, wire []byte) *declaredSide {
	s := &declaredSide{profile: p, greeting: formOf(p.Greeting, nil), answer: formOf(p.Answer, wire), packing: plain{}}
	s.hello = fill(p.Registration, wire)
	switch p.Repeat {
	case profile.EveryPacket, profile.Both:
		s.prefix = s.hello
	default:
		s.prefix = fill(p.Packet, wire)
	}
	if len(p.Heartbeats) > 0 {
		s.beat = fill(p.Heartbeats[0].Bytes, wire)
		s.owed.answer = fill(p.Heartbeats[0].Answer, wire)
	}
	switch {
	case len(p.Escape.Bytes) > 0:
		s.packing = newEscapes(p)
	case len(p.Framing.In) > 0:
		s.packing = newLengths(p, wire)
	}
	return s
}

// Connect sends nothing where the server speaks first.
func (s *declaredSide) Connect(time.Time) []byte {
	if len(s.greeting) > 0 {
		return nil
	}
	s.sent = true
	return s.hello
}

func (s *declaredSide) Online() bool { return s.sent && len(s.answer) == 0 }

func (s *declaredSide) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	s.in = append(s.in, p...)
	if !s.sent {
		done, err := s.await(&s.greeting, "greeted")
		if err != nil || !done {
			return nil, nil, err
		}
		s.sent, reply = true, s.hello
	}
	if done, err := s.await(&s.answer, "answered"); err != nil || !done {
		return nil, reply, err
	}
	n, data, err := s.packing.unpack(s.in, &s.owed)
	if err != nil {
		err = fmt.Errorf("modem of profile %s: %w", s.profile.Name, err)
	}
	s.in = append([]byte(nil), s.in[n:]...)
	return data, reply, err
}

// await takes the expected bytes off the front of what has come. It also finds an answer that comes before the registration has
// been sent: that follows the greeting.
func (s *declaredSide) await(want *form, what string) (done bool, err error) {
	n, more, fits := want.match(s.in)
	switch {
	case !fits:
		return false, fmt.Errorf("modem of profile %s: %s with %q, not %s", s.profile.Name, what, s.in[:min(len(s.in), 64)], want)
	case more:
		return false, nil
	}
	s.in, *want = s.in[n:], nil
	return true, nil
}

func (s *declaredSide) Put(p []byte) []byte {
	wire := s.packing.pack(p)
	return append(append(make([]byte, 0, len(s.prefix)+len(wire)), s.prefix...), wire...)
}

// Beat returns the first of the profile's heartbeats.
func (s *declaredSide) Beat() []byte {
	if len(s.owed.answer) > 0 {
		s.owed.n++
	}
	return s.beat
}

// Silences returns a silence before packets with a prefix: data may look like a prefix, so it counts only where a packet
// begins. It returns one before heartbeats as well, unless packets have frames or the heartbeat begins with a byte that data
// never has.
func (s *declaredSide) Silences() (packet, beat time.Duration) {
	if len(s.prefix) > 0 {
		packet = packetSilence
	}
	if len(s.beat) > 0 && !s.packing.recognises(s.beat) {
		beat = beatSilence
	}
	return packet, beat
}

// plain adds nothing.
type plain struct{}

func (plain) pack(p []byte) []byte   { return p }
func (plain) recognises([]byte) bool { return false }

func (plain) unpack(p []byte, owed *owed) (n int, data []byte, err error) {
	data, held := owed.without(p)
	return len(p) - held, data, nil
}
