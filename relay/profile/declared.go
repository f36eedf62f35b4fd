package profile

import (
	"bytes"
	"slices"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// declaredModems is the family of kind Declared.
type declaredModems struct{ bare }

var declaredFamily = declaredModems{bare{Description{
	Kind:  Declared,
	About: "by the rules of a [profile.NAME] table",
}}}

// Check looks for contradictions between the profile's rules.
func (declaredModems) Check(p *Profile, fault wire.FaultFunc) {
	p.validateDeclared(fault)
	p.refusePush(fault)
}

func (declaredModems) CheckID(p *Profile, id string) error { return p.checkDeclaredID(id) }

func (declaredModems) Register(p *Profile, ids IDs) (greeting []byte, r Registration) {
	if len(p.Registration) == 0 {
		return nil, nil
	}
	return nil, &declared{profile: p, ids: ids} // Profile.Hello sends the greeting
}

// Codec removes what the profile says that modems add.
func (declaredModems) Codec(p *Profile, v *Verdict, ends codec.FrameEnd) codec.Codec {
	beats := codec.BeatsOf(p.Heartbeats, v.wire, v.came)
	c := p.declaredCodec(v, beats, ends)
	if v.tail == nil || v.tail.closed {
		return c
	}
	return codec.NewChain(v.tail, c)
}

func (p *Profile) declaredCodec(v *Verdict, beats []codec.Beat, ends codec.FrameEnd) codec.Codec {
	switch {
	case p.Escape.Used():
		return codec.NewEscape(&p.Escape, p.packetMax(), beats, p.finding(ends))
	case p.Framing.Used():
		return codec.NewFraming(&p.Framing, v.wire, v.came, p.packetMax(), beats)
	case p.Repeat == EveryPacket || p.Repeat == Both:
		// Where the registration is the first packet's prefix, the rest of that packet follows.
		return codec.NewPrefix(p.Registration.With(v.wire), p.registrationMax(), beats, p.finding(ends), p.Repeat == Both)
	case len(p.Packet) > 0:
		return codec.NewPrefix(p.Packet.With(v.wire), p.registrationMax(), beats, p.finding(ends), true)
	}
	return codec.NewHeartbeats(beats, p.finding(ends))
}

// declared reads a registration by its template.
type declared struct {
	profile *Profile
	ids     IDs
	buf     []byte // everything so far
}

func (r *declared) Feed(p []byte) Verdict {
	before, most := len(r.buf), r.profile.registrationMax()
	r.buf = append(r.buf, p[:min(len(p), most-before)]...)
	if r.profile.endsWithID() {
		return r.feedOpen(p, before)
	}
	n, fields, ok := r.profile.Registration.Front(r.buf)
	switch {
	case !ok && r.profile.Registration.WrongChecksum(r.buf):
		return Verdict{Refused: RefusedChecksum}
	case !ok:
		return Verdict{Refused: RefusedGarbage}
	case n == 0 && len(r.buf) == most:
		return Verdict{Refused: RefusedTooLong}
	case n == 0:
		return Verdict{}
	}
	rest := p[n-before:]
	if r.profile.registersByPacket() {
		rest = slices.Concat(r.buf[:before], p)
	}
	return r.registered(fields, rest)
}

// registered is the verdict about a registration with those fields, behind which rest has come.
func (r *declared) registered(fields []wire.Field, rest []byte) Verdict {
	id := idOf(fields)
	is := id
	if r.profile.idLength() > 0 {
		is = r.profile.IDFormat.Unpadded(id)
	}
	text, ok := r.profile.IDFormat.Write(is)
	pattern, _ := r.profile.pattern() // Validate has checked it
	if !ok || pattern != nil && !pattern.MatchString(text) {
		return Verdict{Refused: RefusedGarbage}
	}
	sent := r.profile.credentialsIn(fields)
	fields = slices.DeleteFunc(fields, func(f wire.Field) bool { return isCredential(f.Name) }) // a session repeats none
	return Verdict{Done: true, ID: text, wire: bytes.Clone(id), sent: sent, came: fields, Rest: bytes.Clone(rest), Facts: wire.Facts(fields)}
}

// registersByPacket reports whether the registration is the beginning of the first packet, which is data as well.
func (p *Profile) registersByPacket() bool { return p.Repeat == EveryPacket && p.Framing.Used() }

// idOf returns the bytes at the identity's place.
func idOf(fields []wire.Field) []byte {
	for _, f := range fields {
		if f.Name == wire.PlaceID {
			return f.Bytes
		}
	}
	return nil
}

// Partial returns all that has come, without credentials.
func (r *declared) Partial() string {
	shown, _ := r.profile.MaskSecrets(r.buf)
	return string(shown)
}
