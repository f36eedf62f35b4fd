package relay

import (
	"bytes"
	"encoding/hex"
	"regexp"
)

var declaredFamily = family{
	kind:  Declared,
	about: "by the rules of a [profile.NAME] table",
	register: func(p *Profile, _ *directory) registration {
		pattern, _ := p.pattern() // Validate has seen it
		return &declared{profile: p, pattern: pattern}
	},
	validate: (*Profile).validateRules,
}

// declaresRegistration tells whether modems of a declared profile say who they are.
func (p *Profile) declaresRegistration() bool { return true }

// declared reads a registration by the rules of a [profile.NAME] table: prefix, id, suffix.
type declared struct {
	profile *Profile
	pattern *regexp.Regexp // nil: printable ASCII, or any bytes if written in hex
	buf     []byte         // all that came so far
}

func (r *declared) feed(p []byte) verdict {
	before := len(r.buf)
	r.buf = append(r.buf, p[:min(len(p), maxRegistration-before)]...)
	id, n, ok := r.split()
	switch {
	case !ok:
		return verdict{refused: refusedGarbage}
	case n == 0 && len(r.buf) == maxRegistration:
		return verdict{refused: refusedTooLong}
	case n == 0:
		return verdict{}
	}
	text, ok := r.text(id)
	if !ok {
		return verdict{refused: refusedGarbage}
	}
	return verdict{done: true, id: text, wire: bytes.Clone(id), rest: bytes.Clone(p[n-before:])}
}

// split finds the id in what came, and the length of the whole registration, 0 while it is incomplete. It answers false
// when no continuation can make a registration of it.
func (r *declared) split() (id []byte, n int, ok bool) {
	p := r.profile
	head := min(len(r.buf), len(p.Prefix))
	if !bytes.Equal(r.buf[:head], p.Prefix[:head]) {
		return nil, 0, false
	}
	body := r.buf[head:]
	if p.IDLength == 0 {
		i := bytes.Index(body, p.Suffix)
		if i < 0 {
			return nil, 0, true
		}
		return body[:i], head + i + len(p.Suffix), true
	}
	if len(body) < p.IDLength {
		return nil, 0, true
	}
	tail := body[p.IDLength:]
	got := min(len(tail), len(p.Suffix))
	if !bytes.Equal(tail[:got], p.Suffix[:got]) {
		return nil, 0, false
	}
	if got < len(p.Suffix) {
		return nil, 0, true
	}
	return body[:p.IDLength], head + p.IDLength + got, true
}

// text is the id as the configuration writes it, and whether it may be one.
func (r *declared) text(id []byte) (string, bool) {
	text := string(id)
	if r.profile.IDHex {
		text = hex.EncodeToString(id)
	}
	switch {
	case len(id) == 0:
		return "", false
	case r.pattern != nil:
		return text, r.pattern.MatchString(text)
	case r.profile.IDHex:
		return text, true
	}
	return text, !bytes.ContainsFunc(id, func(c rune) bool { return c < ' ' || c > '~' })
}

// silence is never asked for: a declared registration ends by its own bytes.
func (r *declared) silence() verdict { return verdict{refused: refusedUnfinished} }

func (r *declared) partial() string { return string(r.buf) }
