package profile

import (
	"bytes"
	"fmt"
	"regexp"

	"meterline/relay/wire"
)

// CanonicalID returns an identity of the configuration in the form in which modems are looked up. Hexadecimal may be written in
// either case, and with colons.
func (p *Profile) CanonicalID(id string) string {
	return p.IDFormat.Canonical(id)
}

// pattern compiles IDPattern so that it must match the whole id. It returns nil where there is none.
func (p *Profile) pattern() (*regexp.Regexp, error) {
	if p.IDPattern == "" {
		return nil, nil
	}
	if _, err := regexp.Compile(p.IDPattern); err != nil {
		return nil, err
	}
	return regexp.Compile(`^(?:` + p.IDPattern + `)$`)
}

// idLength returns how many bytes the identity has on the wire, 0 if that differs.
func (p *Profile) idLength() int {
	for _, part := range p.Registration {
		if part.Name == wire.PlaceID {
			return part.Length
		}
	}
	return 0
}

// checkDeclaredID returns an error if no modem could register as id.
func (p *Profile) checkDeclaredID(id string) error {
	length := p.idLength()
	sent, err := p.IDFormat.Read(id, length)
	if err != nil {
		return err
	}
	if length > 0 && len(sent) != length && (len(sent) > length || !p.IDFormat.IsText()) { // shorter text is padded
		return wire.Notation(fmt.Sprintf("the profile %s says {id:%d}", p.Name, length), "%q has %d bytes", id, len(sent))
	}
	for i, part := range p.Registration[:max(len(p.Registration)-1, 0)] {
		if end := p.Registration[i+1].Literal; part.Name == wire.PlaceID && part.Length == 0 && bytes.Contains(sent, end) {
			return wire.Notation("the profile's registration ends the id there", "%q holds %q", id, end)
		}
	}
	if p.endsWithID() && !isOpenID(sent) {
		return wire.Notation("the profile's registration ends with it, and only letters, digits, _ and - belong to it there", "%q has other characters", id)
	}
	written, ok := p.IDFormat.Write(sent)
	switch pattern, err := p.pattern(); {
	case !ok:
		return wire.Notation("write printable ASCII", "%q cannot be registered", id)
	case err == nil && pattern != nil && !pattern.MatchString(written):
		return wire.Notation(fmt.Sprintf("the profile %s says id_pattern = %q", p.Name, p.IDPattern), "%q does not match", id)
	}
	return nil
}
