package profile

import (
	"bytes"

	"meterline/relay/wire"
)

// endsWithID reports whether the registration ends with an id that has neither a length nor bytes that end it. Only silence does, or
// a byte that belongs to no id.
func (p *Profile) endsWithID() bool {
	n := len(p.Registration)
	return n > 0 && p.Registration.Count(wire.PlaceID) == 1 && p.Registration[n-1].Name == wire.PlaceID && p.Registration[n-1].Length == 0 && p.IDFormat.IsText()
}

// checkReadable reports what keeps the registration from being read.
func (p *Profile) checkReadable(fault wire.FaultFunc) {
	t := p.Registration
	if p.endsWithID() {
		if p.Repeat != "" && p.Repeat != Once || p.Escape.Used() || p.Framing.Used() {
			fault("registration", "silence ends the {id} at its end, and none comes before a packet: write its length, like {id:11}, or the bytes behind it")
			return
		}
		t = t[:len(t)-1]
	}
	t.CheckReadable("registration", fault)
	if n := len(t); p.endsWithID() && n > 0 && t[n-1].Name != "" && t[n-1].Length == 0 {
		fault("registration", "nothing says where {%s} ends and {id} begins: write its length, like {%s:11}", t[n-1].Name, t[n-1].Name)
	}
}

// isOpenID reports whether id has the characters only that modems have in ids without an end.
func isOpenID(id []byte) bool { return openID(id) == len(id) }

// openID returns how many bytes at the front of p belong to an id without an end.
func openID(p []byte) int {
	for i, c := range p {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '_' && c != '-' {
			return i
		}
	}
	return len(p)
}

// feedOpen is Feed where the registration ends with an id without an end. before is how much came before p. A known id that no other
// begins with ends with a short silence, any other with a longer one.
func (r *declared) feedOpen(p []byte, before int) Verdict {
	n, fields, ok := r.frontOfOpen()
	if !ok {
		return Verdict{Refused: RefusedGarbage}
	}
	var id []byte
	if n >= 0 {
		id = r.buf[n:]
	}
	size := openID(id)
	if size < len(id) {
		tail := &lineEnd{}
		v := r.registered(withID(fields, id[:size]), tail.trim(p[n+size-before:]))
		v.tail = tail
		return v
	}
	known := r.profile.CanonicalID(string(id))
	switch {
	case len(r.buf) == r.profile.registrationMax():
		return Verdict{Refused: RefusedTooLong}
	case size == 0:
		return Verdict{}
	case r.profile.Registration.Has(wire.PlaceSecret): // the time must not tell a guesser which ids exist
		return Verdict{Wait: restOfLine}
	case r.ids.Has(known) && !r.ids.hasLonger(known):
		return Verdict{Wait: lineEndWait}
	}
	return Verdict{Wait: restOfLine}
}

// frontOfOpen reads what stands before an id without an end. n is its length, negative while it is not complete.
func (r *declared) frontOfOpen() (n int, fields []wire.Field, ok bool) {
	head := r.profile.Registration[:len(r.profile.Registration)-1]
	n, fields, ok = head.Front(r.buf)
	if n == 0 && len(head) > 0 {
		n = -1
	}
	return n, fields, ok
}

// withID returns fields with an id behind them.
func withID(fields []wire.Field, id []byte) []wire.Field {
	return append(fields, wire.Field{Name: wire.PlaceID, Bytes: bytes.Clone(id)})
}

// Silence ends an id without an end. Other registrations never wait for silence: they end by their own bytes.
func (r *declared) Silence() Verdict {
	if n, fields, ok := r.frontOfOpen(); ok && n >= 0 && r.profile.endsWithID() {
		return r.registered(withID(fields, r.buf[n:]), nil)
	}
	return Verdict{Refused: RefusedUnfinished}
}
