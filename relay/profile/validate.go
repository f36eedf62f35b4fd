package profile

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// Error is one thing that is wrong with a profile, and what to write instead.
type Error struct {
	Profile string // its name
	Key     string // of the configuration; empty: the profile as a whole
	Text    string
}

func (f *Error) Error() string {
	if f.Key == "" {
		return fmt.Sprintf("profile %q: %s", f.Profile, f.Text)
	}
	return fmt.Sprintf("profile %q: %s: %s", f.Profile, f.Key, f.Text)
}

// validateDeclared reports what is wrong with the rules of a declared profile.
func (p *Profile) validateDeclared(fault wire.FaultFunc) {
	if len(p.Registration) == 0 {
		p.validateUnregistered(fault)
	} else {
		p.validateRegistration(fault)
	}
	p.validatePrefix(fault)
	p.validateCredentials(fault)
	beats := codec.BeatsOf(p.Heartbeats, []byte(wire.IDStandIn), nil)
	p.Escape.Validate(beats, fault)
	p.Framing.Validate(beats, p.Registration, fault)
	if p.Escape.Used() && p.Framing.Used() {
		fault("packet_in", "packets end by escaped bytes or by their length: keep one of escape and packet_in")
	}
	if p.PacketMax != 0 && !p.Escape.Used() && !p.Framing.Used() {
		fault("packet_max", "it belongs to packets with frames: leave it out, or write escape or packet_in")
	}
	if p.PacketMax < 0 || p.PacketMax > 65535 {
		fault("packet_max", "%d is out of range: write something from 1 to 65535", p.PacketMax)
	}
}

// validateUnregistered refuses what belongs to a registration where there is none.
func (p *Profile) validateUnregistered(fault wire.FaultFunc) {
	for _, rule := range []struct {
		key string
		set bool
	}{
		{"id_pattern", p.IDPattern != ""}, {"id_format", p.IDFormat != ""}, {"answer", len(p.Answer) > 0},
		{"repeat", p.Repeat != ""}, {"registration_timeout", p.RegistrationTimeout != 0}, {"registration_max", p.RegistrationMax != 0},
	} {
		if rule.set {
			fault(rule.key, "it belongs to a registration: write registration, or leave it out")
		}
	}
	p.Greeting.CheckSendable("greeting", fault, nil, wire.PlaceDate, wire.PlaceLogin, wire.PlaceSecret)
	if len(p.Packet)+len(p.Heartbeats)+len(p.Greeting) == 0 && !p.Escape.Used() && !p.Framing.Used() {
		fault("", "it says nothing: write what modems send first, like registration = %q", "LOGIN:{id}\r\n")
	}
}

func (p *Profile) validateRegistration(fault wire.FaultFunc) {
	switch n := p.Registration.Count(wire.PlaceID); {
	case n == 0:
		fault("registration", "there is no {id} in it: write it where the identity stands; modems that send none are known by their address, and what they send is one of heartbeats")
	case n > 1:
		fault("registration", "{id} stands in it %d times: keep one, and write {*} for the other", n)
	}
	p.checkReadable(fault)
	if n := p.Registration.Least(); n > p.registrationMax() {
		fault("registration", "it has %d bytes, more than the %d that are accepted: write registration_max", n, p.registrationMax())
	}
	if !slices.Contains(wire.IDFormats, p.IDFormat) && p.IDFormat != "" {
		fault("id_format", "%q is unknown: write one of %s", p.IDFormat, wire.Choices(wire.IDFormats))
	}
	if last := p.Registration[len(p.Registration)-1]; !p.IDFormat.IsText() && p.idLength() == 0 && p.Registration.Has(wire.PlaceID) && last.Name != wire.PlaceID {
		fault("registration", "an id of raw bytes has no end that can be seen: write how many it has, like {id:4}")
	}
	if _, err := p.pattern(); err != nil {
		fault("id_pattern", "%v: write a regular expression for the whole id, like %q", err, "[0-9]{4,8}")
	}
	p.Greeting.CheckSendable("greeting", fault, nil, wire.PlaceDate) // it is sent before anybody knows whose secret is meant
	p.Answer.CheckSendable("answer", fault, []wire.Template{p.Registration}, wire.PlaceID, wire.PlaceDate)
}

// validateLimits bounds how long a stranger may take to register.
func (p *Profile) validateLimits(fault wire.FaultFunc) {
	if t := p.RegistrationTimeout; t != 0 && (t < time.Second || t > longestRegistering) {
		fault("registration_timeout", "%v is out of range: write something from 1s to 60s", t)
	}
	if n := p.RegistrationMax; n < 0 || n > mostRegistration {
		fault("registration_max", "%d is out of range: write something from 1 to %d bytes", n, mostRegistration)
	}
}

// validatePrefix checks what comes before every packet.
func (p *Profile) validatePrefix(fault wire.FaultFunc) {
	repeats := p.Repeat == EveryPacket || p.Repeat == Both
	framed := p.Escape.Used() || p.Framing.Used()
	switch {
	case p.Repeat != "" && p.Repeat != Once && !repeats:
		fault("repeat", "%q is unknown: write one of %s", p.Repeat, wire.Choices([]Repeat{Once, EveryPacket, Both}))
	case repeats && len(p.Packet) > 0:
		fault("packet", "it and repeat = %q both say what stands before every packet: keep one", p.Repeat)
	case p.registersByPacket() && !p.Escape.Used():
		if len(p.Registration) > 0 {
			p.validateFirstPacket(fault)
		}
	case repeats && framed, len(p.Packet) > 0 && framed:
		fault(framedKey(p), "frames say where packets begin: leave it out, and write what stands before the data into packet_in")
	}
	prefix, key := p.Packet, "packet"
	if repeats {
		prefix, key = p.Registration, "registration"
	} else {
		p.Packet.With([]byte(wire.IDStandIn)).CheckReadable("packet", fault) // the id is known by then
	}
	if len(prefix) == 0 {
		return
	}
	if prefix.Has(wire.PlaceID) && len(p.Registration) == 0 {
		fault(key, "it has {id}, but there is no registration that tells it")
	}
	if first := prefix[0]; first.Name != "" && first.Name != wire.PlaceID {
		fault(key, "it stands before every packet and begins with {%s}: write bytes there that tell it from data, or {id}", first.Name)
	}
}

// validateFirstPacket checks a registration that is the beginning of the first packet.
func (p *Profile) validateFirstPacket(fault wire.FaultFunc) {
	if last := p.Registration[len(p.Registration)-1]; last.Name == wire.PlaceID && last.Length == 0 {
		fault("registration", "with repeat = %q only the packet follows {id}: write how many bytes it has, like {id:4}", EveryPacket)
	}
	begins := p.Registration.With([]byte(wire.IDStandIn)).MayBegin(p.Framing.In.With([]byte(wire.IDStandIn)))
	if !begins || p.Registration.Has(wire.PlaceFrom) {
		fault("registration", "with repeat = %q it is the beginning of each packet, and packet_in begins otherwise: write as much of packet_in as {id} needs", EveryPacket)
	}
}

// framedKey returns the key that contradicts frames.
func framedKey(p *Profile) string {
	if len(p.Packet) > 0 {
		return "packet"
	}
	return "repeat"
}

// validateHeartbeats checks each heartbeat. Whether frames leave it recognisable is checked with the frames.
func (p *Profile) validateHeartbeats(fault wire.FaultFunc) {
	if p.HeartbeatAnywhere && len(p.Heartbeats) == 0 && p.Kind == Declared {
		fault("heartbeat_anywhere", "it belongs to heartbeats: write those, or leave it out")
	}
	for i, h := range p.Heartbeats {
		if n := h.Bytes.Least(); len(h.Bytes) == 0 || n > maxHeartbeat {
			fault("heartbeats", "heartbeat %d has %d bytes: write 1 to %d", i+1, n, maxHeartbeat)
		}
		p.validateHeartbeat(i, &h, fault)
		for _, other := range p.Heartbeats[:i] {
			a, b := other.Bytes.With([]byte(wire.IDStandIn)), h.Bytes.With([]byte(wire.IDStandIn))
			if len(a) == 1 && len(b) == 1 && bytes.Equal(a[0].Literal, b[0].Literal) {
				fault("heartbeats", "heartbeat %d stands twice: take one out", i+1)
			}
		}
	}
}

// validateHeartbeat checks what stands in one heartbeat and its answer.
func (p *Profile) validateHeartbeat(i int, h *codec.Heartbeat, fault wire.FaultFunc) {
	h.Bytes.With([]byte(wire.IDStandIn)).CheckReadable("heartbeats", fault)
	allowed := []string{wire.PlaceCounter}
	if len(p.Registration) > 0 {
		allowed = append(allowed, wire.PlaceID)
	} else if h.Bytes.Has(wire.PlaceID) {
		fault("heartbeats", "heartbeat %d has {id}, but there is no registration that tells it: write {*} with its length, like {*:11}, or its bytes", i+1)
	}
	if len(h.Bytes) > 0 && h.Bytes[0].Name != "" && h.Bytes[0].Name != wire.PlaceID {
		fault("heartbeats", "heartbeat %d begins with {%s}, and so does all data: write its first bytes", i+1, h.Bytes[0].Name)
	}
	h.Answer.CheckSendable("heartbeats", fault, []wire.Template{p.Registration, h.Bytes}, allowed...)
}
