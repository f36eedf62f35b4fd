package wire

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
)

// IDFormat says how the bytes of an identity are written in a configuration.
type IDFormat string

// The formats of identities.
const (
	IDASCII       IDFormat = "ascii"        // Printable text, as it is; the zero value means this as well
	IDHex         IDFormat = "hex"          // in hexadecimal; a MAC address may have its colons
	IDHexReversed IDFormat = "hex-reversed" // likewise, from the last byte to the first
	IDBCD         IDFormat = "bcd"          // decimal digits, two in a byte; an unused half at the end is F
)

// IDFormats lists them, the usual one first.
var IDFormats = []IDFormat{IDASCII, IDHex, IDHexReversed, IDBCD}

// IsText reports whether identities are sent as text.
func (f IDFormat) IsText() bool { return f == "" || f == IDASCII }

// isHex reports whether identities are written in hexadecimal.
func (f IDFormat) isHex() bool { return f == IDHex || f == IDHexReversed }

// Write returns an identity's bytes as a configuration writes them, false if they are no identity.
func (f IDFormat) Write(wire []byte) (string, bool) {
	switch {
	case len(wire) == 0:
		return "", false
	case f.isHex():
		wire = bytes.Clone(wire)
		if f == IDHexReversed {
			slices.Reverse(wire)
		}
		return hex.EncodeToString(wire), true
	case f == IDBCD:
		digits := strings.TrimRight(hex.EncodeToString(wire), "f")
		return digits, digits != "" && strings.Trim(digits, "0123456789") == ""
	}
	return string(wire), Printable(wire)
}

// Unpadded returns the bytes of an identity in a field of fixed length without those that fill the field, before or behind it: NUL, FF
// and spaces around text, and FF around digits. Raw bytes may be anything, and are returned as they are.
func (f IDFormat) Unpadded(field []byte) []byte {
	fills := func(c byte) bool { return c == 0 || c == 0xFF || c == ' ' }
	switch {
	case f.isHex():
		return field
	case f == IDBCD:
		fills = func(c byte) bool { return c == 0xFF }
	}
	for len(field) > 0 && fills(field[0]) {
		field = field[1:]
	}
	for len(field) > 0 && fills(field[len(field)-1]) {
		field = field[:len(field)-1]
	}
	return field
}

// Read is the opposite of write, for a place of length bytes; 0 means any number.
func (f IDFormat) Read(id string, length int) ([]byte, error) {
	switch {
	case f.isHex():
		wire, err := hex.DecodeString(f.Canonical(id))
		if err != nil {
			return nil, Notation(`write its bytes in hexadecimal without spaces, like "0123ABCD"`, "%q is no hexadecimal", id)
		}
		if f == IDHexReversed {
			slices.Reverse(wire)
		}
		return wire, nil
	case f == IDBCD:
		if strings.Trim(id, "0123456789") != "" {
			return nil, Notation("write its digits, as they come two in a byte", "%q is not all digits", id)
		}
		for len(id)%2 == 1 || len(id) < 2*length {
			id += "f"
		}
		return hex.DecodeString(id)
	}
	return []byte(id), nil
}

// Canonical returns the one form that stands for all in which an identity may be written.
func (f IDFormat) Canonical(id string) string {
	if !f.isHex() {
		return id
	}
	return strings.ToLower(strings.NewReplacer(":", "", "-", "", " ", "").Replace(id))
}
