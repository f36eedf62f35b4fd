package profile

import (
	"bytes"
	"slices"
)

// validate says what is wrong with the rules.
func (f *Framing) validate(p *Profile, fault faultFunc) {
	if !slices.Contains([]Counts{"", CountsData, CountsPacket, CountsRest}, f.Counts) {
		fault("length_counts", "%q is unknown: write one of %s", f.Counts, quoted([]Counts{CountsData, CountsPacket, CountsRest}))
	}
	switch {
	case !f.used() && f.Counts != "":
		fault("length_counts", "it belongs to packets with a length: write packet_in, or leave it out")
		return
	case !f.used():
		return
	case len(f.In) == 0:
		fault("packet_out", "it stands without packet_in: write how packets from the modem look, too, like packet_in = %q", "hex:7B 09 {length:2} {data}")
		return
	}
	sound := p.packetSound("packet_in", f.In, fault, placeAny, placeID)
	if sound {
		f.validateBeats(p, fault)
	}
	if len(f.Out) == 0 || !p.packetSound("packet_out", f.Out, fault, placeID) {
		return
	}
	out := newLayout(f.Out, []byte(idStandIn), f.Counts)
	if out.most() < 1 {
		fault("packet_out", "its length has no room for data: write {length:2}")
	}
}

// packetSound says what is wrong with one direction's packet.
func (p *Profile) packetSound(key string, t Template, fault faultFunc, allowed ...string) bool {
	sound := true
	wrong := func(format string, args ...any) {
		sound = false
		fault(key, format, args...)
	}
	data := slices.IndexFunc(t, func(part Part) bool { return part.Name == placeData })
	length := slices.IndexFunc(t, func(part Part) bool { return part.Name == placeLength })
	if t.count(placeData) != 1 || t.count(placeLength) != 1 {
		wrong("write {length:2} once and {data} once, like %q", "hex:7B 09 {length:2} {data}")
	} else if length > data {
		wrong("{length:%d} stands behind {data}: write it before, or the end could not be told", t[length].Length)
	}
	for _, part := range t {
		switch {
		case part.Name == "" || part.Name == placeData || part.Name == placeLength:
		case !slices.Contains(allowed, part.Name):
			wrong("{%s} is not known there: write bytes%s", part.Name, orPlaces(allowed))
		case part.Name == placeID && len(p.Registration) == 0:
			wrong("it has {id}, but there is no registration that tells it: write {*:11} or its bytes")
		case part.Name == placeAny && part.Length == 0:
			wrong("nothing says where {*} ends: write its length, like {*:2}")
		}
	}
	return sound
}

// validateBeats refuses heartbeats that begin like packets.
func (f *Framing) validateBeats(p *Profile, fault faultFunc) {
	in := newLayout(f.In, []byte(idStandIn), f.Counts)
	beats := beatsOf(p.Heartbeats, []byte(idStandIn))
	for i, b := range beats {
		if fit(in.head, b.bytes[:min(len(b.bytes), in.headLen)]) && !bytes.Equal(b.bytes, nil) {
			fault("heartbeats", "heartbeat %d begins like packet_in: leave it out, they could not be told from one another", i+1)
		}
	}
	validateTold(beats, func([]byte) bool { return true }, fault)
}
