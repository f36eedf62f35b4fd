package profile

import (
	"bytes"
	"time"
)

// declaredModems is the family of kind Declared.
type declaredModems struct{ bare }

var declaredFamily = declaredModems{bare{Description{
	Kind:  Declared,
	About: "by the rules of a [profile.NAME] table",
}}}

// Check looks for contradictions between the profile's rules.
func (declaredModems) Check(p *Profile, fault faultFunc) {
	p.validateDeclared(fault)
	p.refusePush(fault)
}

func (declaredModems) CheckID(p *Profile, id string) error { return p.checkDeclaredID(id) }

func (declaredModems) Register(p *Profile, _ IDs) (greeting []byte, r Registration) {
	if len(p.Registration) == 0 {
		return nil, nil
	}
	return p.Greeting.render(nil, time.Now()), &declared{profile: p}
}

// Codec removes what the profile says that modems add.
func (declaredModems) Codec(p *Profile, v *Verdict, ends FrameEnd) Codec {

	beats := beatsOf(p.Heartbeats, v.wire)
	switch {
	case p.Escape.used():
		return newEscape(p, beats)
	case p.Framing.used():
		return newLengthCodec(p, v.wire, beats)
	case p.Repeat == EveryPacket || p.Repeat == Both:
		// Where the registration is the first packet's prefix, the rest of that packet follows.
		return newPrefix(p.Registration.with(v.wire), p.registrationMax(), beats, ends, p.Repeat == Both)
	case len(p.Packet) > 0:
		return newPrefix(p.Packet.with(v.wire), p.registrationMax(), beats, ends, true)
	case len(beats) > 0:
		return &heartbeats{known: beats}
	}
	return nil
}

// declared reads a registration by its template.
type declared struct {
	profile *Profile
	buf     []byte // everything so far
}

func (r *declared) Feed(p []byte) Verdict {
	before, most := len(r.buf), r.profile.registrationMax()
	r.buf = append(r.buf, p[:min(len(p), most-before)]...)
	n, fields, ok := r.profile.Registration.front(r.buf)
	switch {
	case !ok:
		return Verdict{Refused: RefusedGarbage}
	case n == 0 && len(r.buf) == most:
		return Verdict{Refused: RefusedTooLong}
	case n == 0:
		return Verdict{}
	}
	wire := idOf(fields)
	text, ok := r.profile.IDFormat.write(wire)
	pattern, _ := r.profile.pattern() // Validate has checked it
	if !ok || pattern != nil && !pattern.MatchString(text) {
		return Verdict{Refused: RefusedGarbage}
	}
	return Verdict{Done: true, ID: text, wire: bytes.Clone(wire), Rest: bytes.Clone(p[n-before:]), Facts: facts(fields)}
}

// idOf returns the bytes at the identity's place.
func idOf(fields []field) []byte {
	for _, f := range fields {
		if f.name == placeID {
			return f.bytes
		}
	}
	return nil
}

// Silence is never called: a declared registration ends by its own bytes.
func (r *declared) Silence() Verdict { return Verdict{Refused: RefusedUnfinished} }

func (r *declared) Partial() string { return string(r.buf) }
