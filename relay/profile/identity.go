package profile

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// IDFormat says how the bytes of an identity are written in a configuration.
type IDFormat string

// The formats of identities.
const (
	IDASCII       IDFormat = "ascii"        // printable text, as it is; the zero value means this as well
	IDHex         IDFormat = "hex"          // in hexadecimal; a MAC address may have its colons
	IDHexReversed IDFormat = "hex-reversed" // likewise, from the last byte to the first
	IDBCD         IDFormat = "bcd"          // decimal digits, two in a byte; an unused half at the end is F
)

// idFormats lists them, the usual one first.
var idFormats = []IDFormat{IDASCII, IDHex, IDHexReversed, IDBCD}

// text reports whether identities are sent as text.
func (f IDFormat) text() bool { return f == "" || f == IDASCII }

// hex reports whether identities are written in hexadecimal.
func (f IDFormat) hex() bool { return f == IDHex || f == IDHexReversed }

// write returns an identity's bytes as a configuration writes them, false if they are no identity.
func (f IDFormat) write(wire []byte) (string, bool) {
	switch {
	case len(wire) == 0:
		return "", false
	case f.hex():
		wire = bytes.Clone(wire)
		if f == IDHexReversed {
			slices.Reverse(wire)
		}
		return hex.EncodeToString(wire), true
	case f == IDBCD:
		digits := strings.TrimRight(hex.EncodeToString(wire), "f")
		return digits, digits != "" && strings.Trim(digits, "0123456789") == ""
	}
	return string(wire), printable(wire)
}

// read is the opposite of write, for a place of length bytes; 0 means any number.
func (f IDFormat) read(id string, length int) ([]byte, error) {
	switch {
	case f.hex():
		wire, err := hex.DecodeString(f.canonical(id))
		if err != nil {
			return nil, notation(`write its bytes in hexadecimal without spaces, like "0123ABCD"`, "%q is no hexadecimal", id)
		}
		if f == IDHexReversed {
			slices.Reverse(wire)
		}
		return wire, nil
	case f == IDBCD:
		if strings.Trim(id, "0123456789") != "" {
			return nil, notation("write its digits, as they come two in a byte", "%q is not all digits", id)
		}
		for len(id)%2 == 1 || len(id) < 2*length {
			id += "f"
		}
		return hex.DecodeString(id)
	}
	return []byte(id), nil
}

// canonical returns the one form that stands for all in which an identity may be written.
func (f IDFormat) canonical(id string) string {
	if !f.hex() {
		return id
	}
	return strings.ToLower(strings.NewReplacer(":", "", "-", "", " ", "").Replace(id))
}

// CanonicalID returns an identity of the configuration in the form in which modems are looked up. Hexadecimal may be written in
// either case, and with colons.
func (p *Profile) CanonicalID(id string) string {
	return p.IDFormat.canonical(id)
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
		if part.Name == placeID {
			return part.Length
		}
	}
	return 0
}

// checkDeclaredID returns an error if no modem could register as id.
func (p *Profile) checkDeclaredID(id string) error {
	length := p.idLength()
	wire, err := p.IDFormat.read(id, length)
	if err != nil {
		return err
	}
	if length > 0 && len(wire) != length {
		return notation(fmt.Sprintf("the profile %s says {id:%d}", p.Name, length), "%q has %d bytes", id, len(wire))
	}
	for i, part := range p.Registration[:max(len(p.Registration)-1, 0)] {
		if end := p.Registration[i+1].Literal; part.Name == placeID && part.Length == 0 && bytes.Contains(wire, end) {
			return notation("the profile's registration ends the id there", "%q holds %q", id, end)
		}
	}
	written, ok := p.IDFormat.write(wire)
	switch pattern, err := p.pattern(); {
	case !ok:
		return notation("write printable ASCII", "%q cannot be registered", id)
	case err == nil && pattern != nil && !pattern.MatchString(written):
		return notation(fmt.Sprintf("the profile %s says id_pattern = %q", p.Name, p.IDPattern), "%q does not match", id)
	}
	return nil
}
