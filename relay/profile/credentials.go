package profile

import (
	"bytes"
	"fmt"

	"meterline/relay/wire"
)

// Sent returns the login and the password that the modem gave, for the exchange to check.
func (v *Verdict) Sent() wire.Credentials { return v.sent }

// Receives reports which of its credentials a modem of this profile gives when it registers.
func (p *Profile) Receives() (login, secret bool) {
	if Describe(p.Kind).credentials {
		return true, true
	}
	return p.Registration.Has(wire.PlaceLogin), p.Registration.Has(wire.PlaceSecret)
}

// Sends reports which of its credentials a modem of this profile is given by the greeting.
func (p *Profile) Sends() (login, secret bool) {
	return p.Greeting.Has(wire.PlaceLogin), p.Greeting.Has(wire.PlaceSecret)
}

// CheckCredential returns why a modem cannot send what the configuration says, nil if it can. place is wire.PlaceSecret or
// wire.PlaceLogin. The error does not contain the text.
func (p *Profile) CheckCredential(place string, s wire.Secret) error {
	text := s.Reveal()
	if Describe(p.Kind).credentials {
		if !wire.Printable(text) || bytes.ContainsRune(text, ',') || len(bytes.TrimSpace(text)) != len(text) {
			return wire.Notation("write printable ASCII without commas, and without spaces around it", "modems of kind %s cannot send it", p.Kind)
		}
		return nil
	}
	for i, part := range p.Registration {
		switch {
		case part.Name != place:
		case part.Length > 0 && len(text) > part.Length:
			return wire.Notation(fmt.Sprintf("the profile %s says {%s:%d}", p.Name, place, part.Length), "it has %d bytes", len(text))
		case part.Length > 0 && len(wire.Unpadded(text)) != len(text):
			return wire.Notation("leave NUL, FF and spaces around it out: modems pad their fields with them", "it is padded")
		case part.Length == 0 && i+1 < len(p.Registration) && bytes.Contains(text, p.Registration[i+1].Literal):
			return wire.Notation(fmt.Sprintf("the profile %s ends {%s} there", p.Name, place), "it holds %q", p.Registration[i+1].Literal)
		}
	}
	return nil
}

// validateCredentials refuses places of credentials where nothing compares or fills them. wire.Template.CheckSendable refuses them
// elsewhere.
func (p *Profile) validateCredentials(fault wire.FaultFunc) {
	for _, place := range []string{wire.PlaceLogin, wire.PlaceSecret} {
		if n := p.Registration.Count(place); n > 1 {
			fault("registration", "{%s} stands in it %d times: keep one, and write {*} for the other", place, n)
		}
		for key, t := range map[string]wire.Template{"packet": p.Packet, "packet_in": p.Framing.In} {
			if t.Has(place) {
				fault(key, "{%s} is compared in registrations alone: write {*}", place)
			}
		}
		for _, h := range p.Heartbeats {
			if h.Bytes.Has(place) {
				fault("heartbeats", "{%s} is compared in registrations alone: write {*}", place)
			}
		}
		for _, part := range p.Greeting {
			if part.Name == place && part.Length > 0 {
				fault("greeting", "{%s:%d}: write {%s}, it is sent as it is", place, part.Length, place)
			}
		}
	}
	if p.Registration.Has(wire.PlaceLogin) && !p.Registration.Has(wire.PlaceSecret) {
		fault("registration", "a {login} without a {secret} proves nothing: write {*} in its place")
	}
}

// credentialsIn returns what stands in a registration's places. Fields of a fixed length are padded.
func (p *Profile) credentialsIn(fields []wire.Field) (sent wire.Credentials) {
	for _, f := range fields {
		to := &sent.Secret
		switch f.Name {
		case wire.PlaceSecret:
		case wire.PlaceLogin:
			to = &sent.Login
		default:
			continue
		}
		text := f.Bytes
		if p.Registration.Fixed(f.Name) {
			text = wire.Unpadded(text)
		}
		*to = wire.NewSecret(string(text))
	}
	return sent
}

// span is a part of what has come, from its first byte to the one behind its last.
type span struct{ from, to int }

// credentialSpans returns where credentials stand in what has come of a registration. Where it departs from the profile, all that
// may be one is returned: a few bytes too many are better than the half of a password.
func (p *Profile) credentialSpans(came []byte) (spans []span) {
	if !p.Registration.Has(wire.PlaceLogin) && !p.Registration.Has(wire.PlaceSecret) {
		return nil
	}
	n := 0
	for i := range p.Registration {
		part := &p.Registration[i]
		size, whole := part.Reach(came[n:], p.Registration[i+1:])
		if isCredential(part.Name) && size > 0 {
			spans = append(spans, span{n, n + size})
		} else if !whole {
			return append(spans, p.looseSpans(came, i, n)...)
		}
		n += size
	}
	return spans
}

// isCredential reports whether the place of that name holds a credential.
func isCredential(name string) bool { return name == wire.PlaceLogin || name == wire.PlaceSecret }

// looseSpans looks at the rest of what came, from a byte on, which departs from the part with that index. It looks for what stands
// before a credential, in either case, and takes what follows it.
func (p *Profile) looseSpans(came []byte, index, from int) (spans []span) {
	all := []span{{from, len(came)}}
	lower := bytes.ToLower(came)
	if len(lower) != len(came) { // of bytes that are no UTF-8
		return all
	}
	if index > 0 && isCredential(p.Registration[index-1].Name) {
		return all // it may be longer than its place
	}
	for i := range p.Registration {
		part := &p.Registration[i]
		switch {
		case i < index || !isCredential(part.Name):
			continue
		case i == 0 || p.Registration[i-1].Name != "":
			return all // only its place tells it
		}
		before, end := bytes.ToLower(p.Registration[i-1].Literal), wire.Template(nil)
		if i+1 < len(p.Registration) {
			end = wire.Template{{Literal: bytes.ToLower(p.Registration[i+1].Literal)}}
		}
		for at := from; ; {
			found := bytes.Index(lower[at:], before)
			if found < 0 {
				break
			}
			at += found + len(before)
			size, _ := part.Reach(lower[at:], end)
			spans = append(spans, span{at, at + size})
			at += size
		}
	}
	return spans
}
