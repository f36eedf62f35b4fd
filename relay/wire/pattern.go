package wire

import "slices"

// anyByte stands in a pattern where a place is.
const anyByte = -1

// pattern returns t byte by byte, as far as lengths are known; open means that it has a place without a length, where it ends.
func (t Template) pattern() (bytes []int, open bool) {
	for _, part := range t {
		switch {
		case part.Name == PlaceFrom:
		case part.Name == "":
			for _, b := range part.Literal {
				bytes = append(bytes, int(b))
			}
		case part.Length == 0:
			return bytes, true
		default:
			for range part.Length {
				bytes = append(bytes, anyByte)
			}
		}
	}
	return bytes, false
}

// MayBegin reports whether something that t fits may be the beginning of something that other fits, or the same.
func (t Template) MayBegin(other Template) bool {
	a, open := t.pattern()
	b, openToo := other.pattern()
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] && a[i] != anyByte && b[i] != anyByte {
			return false
		}
	}
	return open || openToo || len(a) <= len(b)
}

// Holds reports whether t may have one of some bytes in it. A place may have any.
func (t Template) Holds(is func(byte) bool) bool {
	for _, part := range t {
		if part.Name != "" && part.Name != PlaceFrom {
			return true
		}
		if slices.ContainsFunc(part.Literal, is) {
			return true
		}
	}
	return false
}

// Literal returns the template of these bytes.
func Literal(b []byte) Template { return Template{{Literal: b}} }

// Exact reports whether only one sequence of bytes fits t.
func (t Template) Exact() bool { return !t.Holds(func(byte) bool { return false }) }
