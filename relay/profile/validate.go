package profile

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
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

// faultFunc collects what is wrong, by key.
type faultFunc = func(key, format string, args ...any)

// validateDeclared reports what is wrong with the rules of a declared profile.
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
		fault("packet_in", "packets end by escaped bytes or by their length: keep one of escape and packet_in")
	}
	if p.PacketMax != 0 && !p.Escape.used() && !p.Framing.used() {
		fault("packet_max", "it belongs to packets with frames: leave it out, or write escape or packet_in")
	}
	if p.PacketMax < 0 || p.PacketMax > 65535 {
		fault("packet_max", "%d is out of range: write something from 1 to 65535", p.PacketMax)
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
			fault(rule.key, "it belongs to a registration: write registration, or leave it out")
		}
	}
	if len(p.Packet)+len(p.Heartbeats) == 0 && !p.Escape.used() && !p.Framing.used() {
		fault("", "it says nothing: write what modems send first, like registration = %q", "LOGIN:{id}\r\n")
	}
}

func (p *Profile) validateRegistration(fault faultFunc) {
	switch n := p.Registration.count(placeID); {
	case n == 0:
		fault("registration", "there is no {id} in it: write it where the identity stands; modems that send none are known by their address, and what they send is one of heartbeats")
	case n > 1:
		fault("registration", "{id} stands in it %d times: keep one, and write {*} for the other", n)
	}
	p.Registration.readable("registration", fault)
	if n := p.Registration.least(); n > p.registrationMax() {
		fault("registration", "it has %d bytes, more than the %d that are accepted: write registration_max", n, p.registrationMax())
	}
	if !slices.Contains(idFormats, p.IDFormat) && p.IDFormat != "" {
		fault("id_format", "%q is unknown: write one of %s", p.IDFormat, quoted(idFormats))
	}
	if last := p.Registration[len(p.Registration)-1]; !p.IDFormat.text() && p.idLength() == 0 && p.Registration.has(placeID) && last.Name != placeID {
		fault("registration", "an id of raw bytes has no end that can be seen: write how many it has, like {id:4}")
	}
	if _, err := p.pattern(); err != nil {
		fault("id_pattern", "%v: write a regular expression for the whole id, like %q", err, "[0-9]{4,8}")
	}
	p.Greeting.sendable("greeting", fault, placeDate)
	p.Answer.sendable("answer", fault, placeID, placeDate)
}

// validateLimits bounds how long a stranger may take to register.
func (p *Profile) validateLimits(fault faultFunc) {
	if t := p.RegistrationTimeout; t != 0 && (t < time.Second || t > longestRegistering) {
		fault("registration_timeout", "%v is out of range: write something from 1s to 60s", t)
	}
	if n := p.RegistrationMax; n < 0 || n > mostRegistration {
		fault("registration_max", "%d is out of range: write something from 1 to %d bytes", n, mostRegistration)
	}
}

// validatePrefix checks what comes before every packet.
func (p *Profile) validatePrefix(fault faultFunc) {
	repeats := p.Repeat == EveryPacket || p.Repeat == Both
	framed := p.Escape.used() || p.Framing.used()
	switch {
	case p.Repeat != "" && p.Repeat != Once && !repeats:
		fault("repeat", "%q is unknown: write one of %s", p.Repeat, quoted([]Repeat{Once, EveryPacket, Both}))
	case repeats && len(p.Packet) > 0:
		fault("packet", "it and repeat = %q both say what stands before every packet: keep one", p.Repeat)
	case repeats && framed, len(p.Packet) > 0 && framed:
		fault(framedKey(p), "frames say where packets begin: leave it out, and write what stands before the data into packet_in")
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
		fault(key, "it has {id}, but there is no registration that tells it")
	}
	if first := prefix[0]; first.Name != "" && first.Name != placeID {
		fault(key, "it stands before every packet and begins with {%s}: write bytes there that tell it from data, or {id}", first.Name)
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
func (p *Profile) validateHeartbeats(fault faultFunc) {
	for i, h := range p.Heartbeats {
		if n := h.Bytes.least(); len(h.Bytes) == 0 || n > maxHeartbeat {
			fault("heartbeats", "heartbeat %d has %d bytes: write 1 to %d", i+1, n, maxHeartbeat)
		}
		allowed := []string{placeID}
		if len(p.Registration) == 0 {
			allowed = nil
		}
		h.Bytes.sendable("heartbeats", fault, allowed...)
		h.Answer.sendable("heartbeats", fault, allowed...)
		for _, other := range p.Heartbeats[:i] {
			a, b := other.Bytes.with([]byte(idStandIn)), h.Bytes.with([]byte(idStandIn))
			if len(a) == 1 && len(b) == 1 && bytes.Equal(a[0].Literal, b[0].Literal) {
				fault("heartbeats", "heartbeat %d stands twice: take one out", i+1)
			}
		}
	}
}

// quoted returns a list of words to choose from.
func quoted[W ~string](words []W) string {
	all := make([]string, 0, len(words))
	for _, w := range words {
		all = append(all, strconv.Quote(string(w)))
	}
	return strings.Join(all, ", ")
}

// idStandIn replaces the identity where only the bytes around it matter.
const idStandIn = "\x00id\x00"

// readable reports what keeps t from being read in what modems send.
func (t Template) readable(key string, fault faultFunc) {
	for i, part := range t {
		switch {
		case part.Name == placeDate || part.Name == placeLength || part.Name == placeData:
			fault(key, "{%s} cannot be read there: write {*} with its length, like {*:6}", part.Name)
		case part.Name == "" || part.Length > 0:
		case i == len(t)-1:
			fault(key, "nothing says where {%s} ends: write its length, like {%s:11}, or the bytes behind it, like \"{%s}\\r\\n\"", part.Name, part.Name, part.Name)
		case t[i+1].Name != "":
			fault(key, "nothing says where {%s} ends and {%s} begins: write its length, like {%s:11}", part.Name, t[i+1].Name, part.Name)
		}
	}
}

// sendable reports what keeps t from being sent, or from being known byte by byte.
func (t Template) sendable(key string, fault faultFunc, allowed ...string) {
	for _, part := range t {
		if part.Name != "" && !slices.Contains(allowed, part.Name) {
			fault(key, "{%s} is not known there: write bytes%s", part.Name, orPlaces(allowed))
		}
	}
}

func orPlaces(names []string) string {
	var text strings.Builder
	for _, name := range names {
		if name == placeDate {
			name = "date:YYYYMMDDhhmmss"
		}
		text.WriteString(" or {" + name + "}")
	}
	return text.String()
}
