package side

import (
	"fmt"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// Identity is who a modem says it is.
type Identity struct {
	ID          string // as a configuration writes it
	Credentials wire.Credentials
}

// Rules are what a profile declares. The zero value is a modem that adds nothing.
type Rules struct {
	Name         string        // of the profile, for errors
	Greeting     wire.Template // what the server says first
	Registration wire.Template // empty: the modem does not say who it is
	IDFormat     wire.IDFormat
	Answer       wire.Template // of the server, to the registration
	Prefix       wire.Template // before every packet
	Heartbeats   []codec.Heartbeat
	Escape       codec.Escape
	Framing      codec.Framing
	ByPacket     bool // the registration is the beginning of the first packet
	PacketMax    int  // the most bytes of a meter in a packet from the server
}

// ofRules is a modem that follows the rules of a declared profile.
//
// If the registration comes before every packet and nowhere else, a real modem is silent until its meter has something to say.
// But simulated meters do not speak unasked. So this modem sends one empty packet, which registers it.
type ofRules struct {
	name     string // of the profile
	speech   *speech
	hello    []byte        // its registration
	greeting form          // what must come before it, nil if nothing must, or it has come
	answer   form          // what must answer it, nil if nothing must, or it has come
	prefix   wire.Template // before every packet
	beat     codec.Heartbeat
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
	// recognises reports whether a heartbeat is recognised by its bytes alone, wherever it comes between packets.
	recognises(beat wire.Template) bool
}

// New returns the side of a modem that follows r. It is an error if no modem can have that id; the id is ignored where there is no
// registration.
func New(r Rules, who Identity) (Side, error) {
	var sent []byte
	if len(r.Registration) > 0 {
		var err error
		if sent, err = wireID(&r, who.ID); err != nil {
			return nil, fmt.Errorf("id %q: %w", who.ID, err)
		}
	}
	s := &ofRules{
		name:    r.Name,
		speech:  &speech{id: sent, own: who.Credentials, said: make(map[string][][]byte)},
		prefix:  r.Prefix,
		packing: plain{},
	}
	if len(r.Heartbeats) > 0 {
		s.beat = r.Heartbeats[0]
	}
	s.hello = s.speech.say(r.Registration)
	s.greeting, s.answer = formOf(r.Greeting, s.speech), formOf(r.Answer, s.speech)
	switch {
	case len(r.Escape.Bytes) > 0:
		s.packing = newEscapes(&r)
	case len(r.Framing.In) > 0:
		packets := newLengths(&r, s.speech)
		s.packing = packets
		if r.ByPacket {
			s.hello = packets.one(nil)
		}
	}
	return s, nil
}

// Connect sends nothing where the server speaks first.
func (s *ofRules) Connect(time.Time) []byte {
	if len(s.greeting) > 0 {
		return nil
	}
	s.sent = true
	return s.hello
}

func (s *ofRules) Online() bool { return s.sent && len(s.answer) == 0 }

func (s *ofRules) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
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
		err = fmt.Errorf("modem of profile %s: %w", s.name, err)
	}
	s.in = append([]byte(nil), s.in[n:]...)
	return data, reply, err
}

// await takes the expected bytes off the front of what has come. It also finds an answer that comes before the registration has
// been sent: that follows the greeting.
func (s *ofRules) await(want *form, what string) (done bool, err error) {
	n, more, fits := want.match(s.in)
	switch {
	case !fits && want.hides():
		return false, fmt.Errorf("modem of profile %s: %s otherwise than with %s", s.name, what, want)
	case !fits:
		return false, fmt.Errorf("modem of profile %s: %s with %q, not %s", s.name, what, s.in[:min(len(s.in), 64)], want)
	case more:
		return false, nil
	}
	s.in, *want = s.in[n:], nil
	return true, nil
}

func (s *ofRules) Put(p []byte) []byte {
	return append(s.speech.say(s.prefix), s.packing.pack(p)...)
}

// Beat returns the first of the profile's heartbeats.
func (s *ofRules) Beat() []byte {
	beat := s.speech.say(s.beat.Bytes)
	s.owed.add(formOf(s.beat.Answer, s.speech))
	return beat
}

// Silences returns a silence before packets with a prefix: data may look like a prefix, so it counts only where a packet
// begins. It returns one before heartbeats as well, unless packets have frames or the heartbeat begins with a byte that data
// never has.
func (s *ofRules) Silences() (packet, beat time.Duration) {
	if len(s.prefix) > 0 {
		packet = PacketSilence
	}
	if len(s.beat.Bytes) > 0 && !s.packing.recognises(s.beat.Bytes) {
		beat = BeatSilence
	}
	return packet, beat
}

// plain adds nothing.
type plain struct{}

func (plain) pack(p []byte) []byte          { return p }
func (plain) recognises(wire.Template) bool { return false }

func (plain) unpack(p []byte, owed *owed) (n int, data []byte, err error) {
	data, held := owed.without(p)
	return len(p) - held, data, nil
}
