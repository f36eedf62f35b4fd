package relay

import (
	"bytes"
	"slices"
	"time"
)

// faults collects what is wrong.
type faultFunc = func(format string, args ...any)

// validateDeclared says what is wrong with the rules of a declared profile.
func (p *Profile) validateDeclared(fault faultFunc) {
	if len(p.Registration) == 0 {
		p.validateUnregistered(fault)
	} else {
		p.validateRegistration(fault)
	}
	p.validatePrefix(fault)
	p.Escape.validate(p, fault)
	p.Framing.validate(p, fault)
	if p.Escape.used() && p.Framing.used() {
		fault("packets end by escaped bytes or by their length: keep one of escape and packet_in")
	}
	if p.PacketMax != 0 && !p.Escape.used() && !p.Framing.used() {
		fault("packet_max belongs to packets with frames: leave it out, or write escape or packet_in")
	}
	if p.PacketMax < 0 || p.PacketMax > 65535 {
		fault("packet_max is %d: write something from 1 to 65535", p.PacketMax)
	}
}

// validateUnregistered refuses what belongs to a registration where there is none.
func (p *Profile) validateUnregistered(fault faultFunc) {
	for _, rule := range []struct {
		key string
		set bool
	}{
		{"id_pattern", p.IDPattern != ""}, {"id_format", p.IDFormat != ""}, {"greeting", len(p.Greeting) > 0}, {"answer", len(p.Answer) > 0},
		{"repeat", p.Repeat != ""}, {"registration_timeout", p.RegistrationTimeout != 0}, {"registration_max", p.RegistrationMax != 0},
	} {
		if rule.set {
			fault("%s belongs to a registration: write registration, or leave it out", rule.key)
		}
	}
	if len(p.Packet)+len(p.Heartbeats) == 0 && !p.Escape.used() && !p.Framing.used() {
		fault("it says nothing: write what modems send first, like registration = %q", "LOGIN:{id}\r\n")
	}
}

func (p *Profile) validateRegistration(fault faultFunc) {
	switch n := p.Registration.count(placeID); {
	case n == 0:
		fault("the registration has no {id}: write it where the identity stands; modems that send none are known by their address, and what they send is one of heartbeats")
	case n > 1:
		fault("the registration has {id} %d times: keep one, and write {*} for the other", n)
	}
	p.Registration.readable("registration", fault)
	if n := p.Registration.least(); n > p.registrationMax() {
		fault("the registration has %d bytes, more than the %d that are accepted: write registration_max", n, p.registrationMax())
	}
	if !slices.Contains(idFormats, p.IDFormat) && p.IDFormat != "" {
		fault("unknown id_format %q: write one of %q", p.IDFormat, idFormats)
	}
	if !p.IDFormat.text() && p.idLength() == 0 && p.Registration.has(placeID) {
		fault("an id of raw bytes has no end that can be seen: write how many it has, like {id:4}")
	}
	if _, err := p.pattern(); err != nil {
		fault("id_pattern %q: %w", p.IDPattern, err)
	}
	p.Greeting.sendable("greeting", fault, placeDate)
	p.Answer.sendable("answer", fault, placeID, placeDate)
}

// validateLimits bounds how long a stranger is listened to.
func (p *Profile) validateLimits(fault faultFunc) {
	if t := p.RegistrationTimeout; t != 0 && (t < time.Second || t > longestRegistering) {
		fault("registration_timeout is %v: write something from 1s to 60s", t)
	}
	if n := p.RegistrationMax; n < 0 || n > mostRegistration {
		fault("registration_max is %d: write something from 1 to %d bytes", n, mostRegistration)
	}
}

// validatePrefix looks at what stands before every packet.
func (p *Profile) validatePrefix(fault faultFunc) {
	repeats := p.Repeat == EveryPacket || p.Repeat == Both
	framed := p.Escape.used() || p.Framing.used()
	switch {
	case p.Repeat != "" && p.Repeat != Once && !repeats:
		fault("unknown repeat %q: write one of %q", p.Repeat, []Repeat{Once, EveryPacket, Both})
	case repeats && len(p.Packet) > 0:
		fault("packet and repeat = %q both say what stands before every packet: keep one", p.Repeat)
	case repeats && framed, len(p.Packet) > 0 && framed:
		fault("frames say where packets begin: leave packet and repeat out, and write what stands before the data into packet_in")
	}
	prefix, key := p.Packet, "packet"
	if repeats {
		prefix, key = p.Registration, "registration"
	} else {
		p.Packet.readable("packet", fault)
	}
	if len(prefix) == 0 {
		return
	}
	if prefix.has(placeID) && len(p.Registration) == 0 {
		fault("%s has {id}, but there is no registration that tells it", key)
	}
	if first := prefix[0]; first.Name != "" && first.Name != placeID {
		fault("%s stands before every packet and begins with {%s}: it must begin with bytes that tell it from data, or with {id}", key, first.Name)
	}
}

// validateHeartbeats looks at each heartbeat; what frames make of them is for their codecs to say.
func (p *Profile) validateHeartbeats(fault faultFunc) {
	for i, h := range p.Heartbeats {
		if n := h.Bytes.least(); len(h.Bytes) == 0 || n > maxHeartbeat {
			fault("heartbeat %d has %d bytes: write 1 to %d", i+1, n, maxHeartbeat)
		}
		allowed := []string{placeID}
		if len(p.Registration) == 0 {
			allowed = nil
		}
		h.Bytes.sendable("heartbeats", fault, allowed...)
		h.Answer.sendable("the answer to a heartbeat", fault, allowed...)
		for _, other := range p.Heartbeats[:i] {
			a, b := other.Bytes.with([]byte(idStandIn)), h.Bytes.with([]byte(idStandIn))
			if len(a) == 1 && len(b) == 1 && bytes.Equal(a[0].Literal, b[0].Literal) {
				fault("heartbeat %d stands twice: take one out", i+1)
			}
		}
	}
}

// idStandIn takes the identity's place where only the bytes around it matter.
const idStandIn = "\x00id\x00"

// readable says what keeps t from being read in what modems send.
func (t Template) readable(key string, fault faultFunc) {
	for i, part := range t {
		switch {
		case part.Name == placeDate || part.Name == placeLength || part.Name == placeData:
			fault("%s: {%s} cannot be read there: write {*} with its length, like {*:6}", key, part.Name)
		case part.Name == "" || part.Length > 0:
		case i == len(t)-1:
			fault("%s: nothing says where {%s} ends: write its length, like {%s:11}, or the bytes behind it, like \"{%s}\\r\\n\"", key, part.Name, part.Name, part.Name)
		case t[i+1].Name != "":
			fault("%s: nothing says where {%s} ends and {%s} begins: write its length, like {%s:11}", key, part.Name, t[i+1].Name, part.Name)
		}
	}
}

// sendable says what keeps t from being sent, or from being known byte by byte.
func (t Template) sendable(key string, fault faultFunc, allowed ...string) {
	for _, part := range t {
		if part.Name != "" && !slices.Contains(allowed, part.Name) {
			fault("%s: {%s} is not known there: write bytes%s", key, part.Name, orPlaces(allowed))
		}
	}
}

func orPlaces(names []string) string {
	text := ""
	for _, name := range names {
		if name == placeDate {
			name = "date:YYYYMMDDhhmmss"
		}
		text += " or {" + name + "}"
	}
	return text
}
